/** Where archives are, for all commands that write or read them. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readArchiveSettings, readPassphrase } from '../settings/index.ts';
import { type ArchiveTarget, archiveNotSpecified, Passphrase } from '../tasks/index.ts';
import { fileName } from './arguments.ts';
import type { Terminal } from './terminal.ts';

export interface ArchiveOptions {
  /** Without a directory it means ARCHIVE_DIR. */
  readonly archive?: string | true;
  readonly passphraseFile?: string;
}

export function archiveOptions(command: Command, what: string): Command {
  return passphraseOption(command.option('--archive <dir>', `${what} (default: ARCHIVE_DIR)`, fileName));
}

export function passphraseOption(command: Command): Command {
  return command.option(
    '--passphrase-file <file>',
    'file whose first line is the passphrase of the archive (default: ARCHIVE_PASSPHRASE_FILE)',
    fileName,
  );
}

/** @returns undefined when neither an option nor a setting specifies it @throws SETTINGS_INVALID; USAGE for --archive without it */
export function archiveTarget(
  { archive, passphraseFile }: ArchiveOptions,
  terminal: Terminal,
): ArchiveTarget | undefined {
  const settings = readArchiveSettings(terminal.settings);
  const directory = typeof archive === 'string' ? resolve(archive) : settings.directory;
  if (directory === undefined) {
    if (archive === undefined) return undefined;
    throw archiveNotSpecified();
  }
  const file = passphraseFile ?? settings.passphraseFile;
  return file === undefined ? { directory } : { directory, passphrase: new Passphrase(readPassphrase(file)) };
}

/** @throws USAGE, SETTINGS_INVALID */
export function requireArchiveTarget(options: ArchiveOptions, terminal: Terminal): ArchiveTarget {
  const target = archiveTarget(options, terminal);
  if (target) return target;
  throw archiveNotSpecified();
}
