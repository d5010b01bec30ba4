/** Where settings come from: a file in the form of `multiflexi.env`, the environment, or nowhere. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { DatabaseSettings } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { type RawSettings, SETTING_NAMES, validateDatabaseSettings } from './database.ts';

export const DEFAULT_FILE = '/etc/multiflexi/multiflexi.env';

export interface SettingsSource {
  /** The file named by `-e`; it must exist and have settings, and then only the password is looked for elsewhere. */
  readonly file?: string | undefined;
  readonly environment: RawSettings;
  /** Read when neither a file is named nor the environment names a database; it need not exist. */
  readonly defaultFile?: string;
}

/**
 * The settings of the database, from one source: the file named by `-e`, else the environment if it names a database,
 * else the default file; with none of them, an SQLite file in the user's data directory.
 * @throws SETTINGS_INVALID with every fault found, before anything is opened.
 */
export function readSettings(source: SettingsSource): DatabaseSettings {
  const { settings, origin } = gather(source);
  // A password alone names no database.
  if (SETTING_NAMES.every((name) => settings[name] === undefined || name === 'DB_PASSWORD'))
    return { connection: 'sqlite', file: embeddedFile(source.environment) };
  const result = validateDatabaseSettings(
    settings.DB_CONNECTION === 'sqlite' && settings.DB_DATABASE === undefined
      ? { ...settings, DB_DATABASE: embeddedFile(source.environment) }
      : settings,
  );
  if ('settings' in result) return result.settings;
  throw new MultiFlexiError(
    'SETTINGS_INVALID',
    `The database settings in ${origin} are not usable: ${result.faults.join('; ')}.`,
    {
      next: 'Mend the settings named; docs/settings.md lists them all.',
    },
  );
}

/** One source says it all: settings mixed from two could mean a third database, with the account of another. */
function gather({ file, environment, defaultFile = DEFAULT_FILE }: SettingsSource): {
  settings: RawSettings;
  origin: string;
} {
  const fromEnvironment = known(environment);
  if (file !== undefined) {
    const fromFile = known(readEnvFile(file));
    if (Object.keys(fromFile).length === 0) throw nothingIn(file);
    return { settings: withPassword(fromFile, fromEnvironment), origin: file };
  }
  if (namesDatabase(environment) || !existsSync(defaultFile))
    return { settings: fromEnvironment, origin: 'the environment' };
  return { settings: withPassword(known(readEnvFile(defaultFile)), fromEnvironment), origin: defaultFile };
}

/** Whether it says which database: a password alone does not. */
export function namesDatabase(environment: RawSettings): boolean {
  return Object.keys(known(environment)).some((name) => name !== 'DB_PASSWORD');
}

/** The password alone may come from the environment, so that it need not lie in a file. */
function withPassword(fromFile: RawSettings, { DB_PASSWORD }: RawSettings): RawSettings {
  return DB_PASSWORD === undefined || Object.keys(fromFile).length === 0
    ? fromFile
    : { DB_PASSWORD, ...fromFile };
}

function nothingIn(file: string): MultiFlexiError {
  return new MultiFlexiError('SETTINGS_INVALID', `There is no DB_* setting in ${file}.`, {
    next: 'Name the file that has the settings of the database; docs/settings.md says what they are.',
  });
}

/** No settings are longer; whatever is was named by mistake. */
const LARGEST_FILE = 1024 * 1024;

export function readEnvFile(file: string): RawSettings {
  if (file.trim() === '') {
    throw new MultiFlexiError('USAGE', 'The name of the environment file is blank.', {
      next: 'Give -e the path of a file.',
    });
  }
  try {
    if (statSync(file).size > LARGEST_FILE) throw new Error('it is too large to be one');
    // Some editors begin a file with a byte order mark, which would be part of the first name.
    return parseEnv(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): MultiFlexiError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const words: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'you may not read it',
    EISDIR: 'it is a directory',
  };
  const reason = words[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new MultiFlexiError('SETTINGS_INVALID', `The settings in ${file} cannot be read: ${reason}.`, {
    next:
      code === 'EACCES'
        ? 'Run the command as the user multiflexi (sudo -u multiflexi …), or name another file with -e.'
        : 'Name the right file with -e.',
    cause,
  });
}

/** Only our settings, blank ones left out: `DB_PORT=` in a file means that nobody filled it in. */
function known(raw: RawSettings): RawSettings {
  const kept: Record<string, string> = {};
  for (const name of SETTING_NAMES) {
    const value = raw[name];
    if (value !== undefined && value.trim() !== '') kept[name] = value;
  }
  return kept;
}

function embeddedFile(environment: RawSettings): string {
  return join(dataDirectory(environment), 'multiflexi.sqlite');
}

/** The user's directory for our data, by the XDG base directory specification; it need not exist. */
export function dataDirectory(environment: RawSettings): string {
  const data = environment.XDG_DATA_HOME;
  // The specification: a relative path there is invalid and is to be ignored.
  const base = data?.startsWith('/') ? data : join(environment.HOME || homeDirectory(), '.local', 'share');
  return resolve(base, 'multiflexi');
}

function homeDirectory(): string {
  try {
    return homedir();
  } catch {
    throw new MultiFlexiError(
      'SETTINGS_INVALID',
      'No directory is set to keep data in, and there is no home directory.',
      {
        next: 'Set HOME or XDG_DATA_HOME; for the database alone, DB_CONNECTION and DB_DATABASE.',
      },
    );
  }
}
