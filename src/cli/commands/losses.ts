/** What a change of the schema destroys: shown, agreed to, and saved to a file first. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Engine } from '../../engines/index.ts';
import { MultiFlexiError } from '../../errors.ts';
import { type DestructionCheck, lossToken, type MigrationPlan } from '../../migrations/index.ts';
import { BOOKKEEPING } from '../../schema/index.ts';
import { dataDirectory } from '../../settings/index.ts';
import { backUpLosses } from '../../transfer/index.ts';
import { rows } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import { fileName } from '../words.ts';
import { lossLines } from './migration-output.ts';

export interface LossOptions {
  readonly confirm?: string;
  /** The file's name; true for one that is made up, false for none. */
  readonly backup?: string | boolean;
}

export interface SavedLosses {
  /** Null when there was nothing to lose, or nothing was to be saved. */
  readonly file: string | null;
  /** To be asked before each step that destroys. */
  readonly check: DestructionCheck | undefined;
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
      'save what is destroyed to this file (default: a new one in your data directory, under backups)',
      (text, previous: string | boolean | undefined) => {
        if (previous === false) contradicts();
        named = true;
        return resolve(fileName(text));
      },
    )
    .option('--no-backup', 'destroy it without saving it');
}

/**
 * @throws NEEDS_CONFIRMATION unless nothing is lost but what maintenance wrote of itself, or somebody said yes, or named
 * what he was shown
 */
export async function requireConsent(
  engine: Engine,
  plan: MigrationPlan,
  { confirm, backup }: LossOptions,
  terminal: Terminal,
): Promise<void> {
  const lines = lossLines(plan);
  if (lines.length === 0) return;
  if (backup !== false && plan.losses.every(({ table }) => BOOKKEEPING.has(table))) {
    terminal.say(`What maintenance has written down goes: ${lines.join('; ')}.`);
    return;
  }
  terminal.say(`This destroys data:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  const token = lossToken(engine, plan.losses);
  if (terminal.assumesYes || confirm === token) return;
  if (confirm === undefined && terminal.mayAsk && (await terminal.confirm('Destroy it?'))) return;
  const what =
    confirm === undefined
      ? `It would destroy data, and nobody said yes to it: ${lines.join('; ')}.`
      : `What was confirmed (${confirm}) is not what would be destroyed now: ${lines.join('; ')}.`;
  throw new MultiFlexiError('NEEDS_CONFIRMATION', what, {
    next: `Nothing was changed. To destroy exactly this, add --confirm ${token}; to destroy whatever there is, --yes.`,
  });
}

/** Saves what would be destroyed and says where. */
export async function saveLosses(
  engine: Engine,
  plan: MigrationPlan,
  { backup }: LossOptions,
  terminal: Terminal,
): Promise<SavedLosses> {
  if (backup === false) return { file: null, check: undefined };
  const total = plan.losses.reduce((sum, loss) => sum + loss.values, 0);
  const bar = await terminal.progressBar('saving', total);
  const file = typeof backup === 'string' ? backup : newBackupFile(engine);
  try {
    const saved = await backUpLosses(engine, plan, file, {
      signal: terminal.interrupted,
      onProgress: (done) => bar.update(done),
    });
    bar.stop();
    if (saved.file !== null)
      terminal.say(
        `Saved ${rows(saved.rows)} rows to ${saved.file}\n${plan.direction === 'down' ? 'After db:migrate' : 'After db:rollback of this migration'} it can be put back: multiflexi-cli db:restore-rollback ${saved.file}`,
      );
    return saved;
  } finally {
    bar.stop();
  }
}

/** Named for the second and the process. */
function newBackupFile({ name }: Engine): string {
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  return join(dataDirectory(process.env), 'backups', `destroyed-${name}-${now}-${process.pid}.rows.zst`);
}
