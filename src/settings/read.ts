/** Where settings come from: a file in the form of `multiflexi.env`, the environment, or nowhere. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { DatabaseSettings } from '../engines/index.ts';
import { codeOf } from '../system/index.ts';
import { connectionNamed } from './connection.ts';
import { type RawSettings, SETTING_NAMES, validateDatabaseSettings } from './database.ts';
import { faultsOfLines, passwordHint, passwordLineHint } from './env-lines.ts';
import {
  blankFileName,
  noDatabaseConfigured,
  noDataDirectory,
  noSettingsIn,
  unreadableSettings,
  unusableSettings,
} from './failures.ts';
import { faultsOfEnvironment, faultsOfFile } from './names.ts';

export const DEFAULT_FILE = '/etc/multiflexi/multiflexi.env';

export interface SettingsSource {
  /** The file named by `-e`; it must exist and have settings, and then only the password is looked for elsewhere. */
  readonly file?: string | undefined;
  readonly environment: RawSettings;
  /** Read when neither a file is named nor the environment names a database; it need not exist. */
  readonly defaultFile?: string;
  /** Texts of files that were read already, by name: all that is asked of a source with them is answered from one state. */
  readonly texts?: Map<string, string>;
}

/**
 * The settings of the database, from one source: the file named by `-e`, else the environment if it names a database,
 * else the default file; with none of them, an SQLite file in the user's data directory, but not on a machine that has the
 * directory of the default file: there the platform is installed, and the file would hardly be its database.
 * @throws SETTINGS_INVALID with every fault found, before anything is opened.
 */
export function readSettings(source: SettingsSource): DatabaseSettings {
  return readDatabase(source).settings;
}

/** Settings as they are used, and as they were written. */
export interface NamedDatabase {
  readonly settings: DatabaseSettings;
  readonly written: RawSettings;
}

/** As {@link readSettings}. */
export function readDatabase(source: SettingsSource): NamedDatabase {
  const { settings, origin, faults } = gather(source);
  // A password alone names no database.
  if (SETTING_NAMES.every((name) => settings[name] === undefined || name === 'DB_PASSWORD')) {
    if (faults.length > 0) throw unusableSettings(origin, faults);
    requireNoPlatform(source);
    const file = embeddedFile(source.environment);
    return {
      settings: { connection: 'sqlite', file },
      written: { DB_CONNECTION: 'sqlite', DB_DATABASE: file },
    };
  }
  const written =
    connectionNamed(settings.DB_CONNECTION) === 'sqlite' && settings.DB_DATABASE === undefined
      ? { ...settings, DB_DATABASE: embeddedFile(source.environment) }
      : settings;
  const result = validateDatabaseSettings(written, source.environment.HOME || undefined);
  if ('settings' in result && faults.length === 0) return { settings: result.settings, written };
  throw unusableSettings(origin, [...faults, ...('faults' in result ? result.faults : [])]);
}

/** Why the password may not be the one that was meant, for a login that was refused; it never shows the password. */
export function loginHint(source: SettingsSource): string | undefined {
  const file = settingsFileOf(source);
  const text = file === undefined ? '' : textIn(source, file);
  const { DB_PASSWORD } = gather(source).settings;
  const fromFile = known(parseEnv(text)).DB_PASSWORD !== undefined;
  return (fromFile ? passwordLineHint(text) : undefined) ?? passwordHint(DB_PASSWORD ?? '');
}

interface Gathered {
  readonly settings: RawSettings;
  readonly origin: string;
  /** What the source has that would be passed over in silence. */
  readonly faults: readonly string[];
}

/** One source says it all: settings mixed from two could mean a third database, with the account of another. */
function gather(source: SettingsSource): Gathered {
  const { environment } = source;
  const fromEnvironment = known(environment);
  const file = settingsFileOf(source);
  if (file === undefined) {
    const faults = faultsOfEnvironment(environment, true);
    return { settings: fromEnvironment, origin: 'the environment', faults };
  }
  const text = textIn(source, file);
  const raw = parseEnv(text);
  const fromFile = known(raw);
  // What a misspelt name of the environment was to say would be ignored in favour of the default file.
  const strays = source.file === undefined ? faultsOfEnvironment(environment, false) : [];
  if (strays.length > 0) throw unusableSettings('the environment', strays);
  const faults = [...faultsOfLines(text), ...faultsOfFile(raw)];
  if (source.file !== undefined && faults.length === 0 && Object.keys(fromFile).length === 0)
    throw noSettingsIn(file);
  return { settings: withPassword(fromFile, fromEnvironment), origin: file, faults };
}

/** The file that the settings of the database are from; undefined where they are from the environment, or nowhere. */
export function settingsFileOf({
  file,
  environment,
  defaultFile = DEFAULT_FILE,
}: SettingsSource): string | undefined {
  if (file !== undefined) return file;
  return namesDatabase(environment) || !isThere(defaultFile) ? undefined : defaultFile;
}

/** One that this account may not look for is there: taken for missing, another database would be taken for the platform's. */
export function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return codeOf(error) === 'EACCES';
  }
}

function requireNoPlatform({ defaultFile = DEFAULT_FILE }: SettingsSource): void {
  if (defaultFile !== '' && existsSync(dirname(defaultFile)))
    throw noDatabaseConfigured(defaultFile, isThere(defaultFile));
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

/** No settings are longer; whatever is was named by mistake. */
const LARGEST_FILE = 1024 * 1024;

export function readEnvFile(source: SettingsSource, file: string): RawSettings {
  return parseEnv(textIn(source, file));
}

function textIn({ texts }: SettingsSource, file: string): string {
  const text = texts?.get(file) ?? readEnvText(file);
  texts?.set(file, text);
  return text;
}

function readEnvText(file: string): string {
  if (file.trim() === '') throw blankFileName();
  try {
    if (statSync(file).size > LARGEST_FILE) throw new Error('it is too large to be one');
    // Some editors begin a file with a byte order mark, which would be part of the first name.
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    throw unreadableSettings(file, cause);
  }
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
    throw noDataDirectory();
  }
}
