/** What db:migrate and db:rollback both take. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { dataDirectory } from '../../settings/index.ts';
import type { LossBackup } from '../../tasks/index.ts';
import { fileName } from '../arguments.ts';
import { wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

const DEFAULT_WAIT_SECONDS = 60;

export interface MigrationOptions {
  readonly target?: string;
  readonly date?: string;
  readonly dryRun?: true;
  readonly fake?: true;
  readonly force?: true;
  readonly acceptChanged?: readonly string[];
  readonly wait: number;
}

/** The options that both ways have. */
export function migrationOptions(command: Command, target: string): Command {
  return waitOption(
    command
      .option('-t, --target <version>', target, version)
      .addOption(
        new Option('-d, --date <date>', 'the same, by date: YYYY[MM[DD[HH[MM[SS]]]]]').conflicts('target'),
      )
      .option('--dry-run', 'print the statements and what they block; execute nothing')
      .option('--fake', 'only record it in the ledger, execute nothing'),
  );
}

/** `0` or fourteen digits: whether there is such a migration is known only with the ledger. */
export function version(text: string): string {
  if (/^(0|\d{14})$/.test(text)) return text;
  throw new InvalidArgumentError('Not a version: it must be 0 or 14 digits, as db:status shows them.');
}

export function waitOption(command: Command): Command {
  return command.option(
    '--wait <seconds>',
    'how long to wait for another run',
    wholeNumber(0, 86_400),
    DEFAULT_WAIT_SECONDS,
  );
}

export interface BackupOptions {
  /** The file's name; true for one that is made up, false for none. */
  readonly backup?: string | boolean;
}

export function backupOptions(command: Command): Command {
  let named = false;
  // Which of the two came last is no answer where data is destroyed.
  const contradicts = () => command.error('error: --backup and --no-backup contradict each other');
  command.on('option:no-backup', () => {
    if (named) contradicts();
  });
  return command
    .option(
      '--backup <file>',
      'save what is destroyed to this file (default: a new file in your data directory, under backups)',
      (text, previous: string | boolean | undefined) => {
        if (previous === false) contradicts();
        named = true;
        return resolve(fileName(text));
      },
    )
    .option('--no-backup', 'do not save what is destroyed');
}

/** @throws SETTINGS_INVALID where there is no home for files */
export function lossBackup({ backup }: BackupOptions, terminal: Terminal): LossBackup {
  if (backup === false) return null;
  if (typeof backup === 'string') return { file: backup };
  return { directory: resolve(dataDirectory(terminal.settings.environment), 'backups') };
}
