/** Where archives are kept, and with which passphrase: `ARCHIVE_*` of the source that the database's settings are from. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { MultiFlexiError } from '../errors.ts';
import { fileReason } from '../file-failure.ts';
import { DEFAULT_FILE, namesDatabase, readEnvFile, type SettingsSource } from './read.ts';

export interface ArchiveSettings {
  readonly directory: string | undefined;
  readonly passphraseFile: string | undefined;
}

/** A name in the environment wins, as it is nearer to who calls. @throws SETTINGS_INVALID */
export function readArchiveSettings({
  file,
  environment,
  defaultFile = DEFAULT_FILE,
}: SettingsSource): ArchiveSettings {
  const fallBack = !namesDatabase(environment) && existsSync(defaultFile) ? defaultFile : undefined;
  const source = file ?? fallBack;
  const settings = { ...(source === undefined ? {} : readEnvFile(source)) };
  const of = (name: 'ARCHIVE_DIR' | 'ARCHIVE_PASSPHRASE_FILE') => {
    const value = environment[name]?.trim() || settings[name]?.trim() || undefined;
    if (value === undefined) return undefined;
    if (/\p{Cc}/u.test(value)) throw invalid(`${name} contains a control character`);
    return resolve(value);
  };
  return { directory: of('ARCHIVE_DIR'), passphraseFile: of('ARCHIVE_PASSPHRASE_FILE') };
}

const SHORTEST = 8;
const LARGEST_FILE = 64 * 1024;
const OTHERS = 0o007;

/**
 * The first line of the file, without its end.
 * @throws SETTINGS_INVALID, also where others may read the file
 */
export function readPassphrase(file: string): string {
  let text: string;
  try {
    const { size, mode } = statSync(file);
    if (size > LARGEST_FILE) throw new Error('it is too large to be one');
    if ((mode & OTHERS) !== 0) throw new Error('others may read it (chmod 600)');
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`the passphrase in ${file} cannot be used: ${fileReason(error)}`);
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line.trim().length < SHORTEST)
    throw invalid(`the passphrase in ${file} is shorter than ${SHORTEST} characters`);
  return line;
}

function invalid(fault: string): MultiFlexiError {
  return new MultiFlexiError('SETTINGS_INVALID', `${fault.charAt(0).toUpperCase()}${fault.slice(1)}.`, {
    next: 'Mend it; docs/settings.md says what is needed. Nothing was done.',
  });
}
