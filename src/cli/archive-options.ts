/** Where archives are, for all commands that write or read them. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ArchiveTarget } from '../cleanup/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { readArchiveSettings, readPassphrase } from '../settings/index.ts';
import type { GlobalOptions } from './command.ts';
import { fileName } from './words.ts';

export interface ArchiveOptions {
  /** Named without a directory it means ARCHIVE_DIR. */
  readonly archive?: string | true;
  readonly passphraseFile?: string;
}

export function archiveOptions(command: Command, what: string): Command {
  return passphraseOption(command.option('--archive <dir>', `${what} (default: ARCHIVE_DIR)`, fileName));
}

export function passphraseOption(command: Command): Command {
  return command.option(
    '--passphrase-file <file>',
    'the file whose first line encrypts it (default: ARCHIVE_PASSPHRASE_FILE)',
    fileName,
  );
}

/** @returns undefined when neither an option nor a setting says where @throws SETTINGS_INVALID */
export async function archiveTarget(
  options: ArchiveOptions & GlobalOptions,
): Promise<ArchiveTarget | undefined> {
  const settings = readArchiveSettings({ file: options.environment, environment: process.env });
  const directory = typeof options.archive === 'string' ? resolve(options.archive) : settings.directory;
  if (directory === undefined) return undefined;
  const file = options.passphraseFile ?? settings.passphraseFile;
  if (file === undefined) return { directory };
  const { Passphrase } = await import('../transfer/index.ts');
  return { directory, passphrase: new Passphrase(readPassphrase(file)) };
}

/** @throws USAGE */
export async function requireArchiveTarget(options: ArchiveOptions & GlobalOptions): Promise<ArchiveTarget> {
  const target = await archiveTarget(options);
  if (target) return target;
  throw new MultiFlexiError('USAGE', 'It is not said where the archives are.', {
    next: 'Name their directory with --archive DIR, or set ARCHIVE_DIR.',
  });
}
