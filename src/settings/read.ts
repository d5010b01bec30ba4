/** Where settings come from: a file in the form of `multiflexi.env`, the environment, or nowhere. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { DatabaseSettings } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { type RawSettings, SETTING_NAMES, validateDatabaseSettings } from './database.ts';

export const DEFAULT_FILE = '/etc/multiflexi/multiflexi.env';

export interface SettingsSource {
  /** The file named by `-e`; it must exist, and it wins over the environment. */
  readonly file?: string | undefined;
  readonly environment: RawSettings;
  /** Read when no file is named, and then the environment wins over it; it need not exist. */
  readonly defaultFile?: string;
}

/**
 * The settings of the database. The more explicit source wins: a file named by `-e`, then the environment,
 * then the default file; with none of them, an SQLite file in the user's data directory.
 * @throws SETTINGS_INVALID with every fault found, before anything is opened.
 */
export function readSettings(source: SettingsSource): DatabaseSettings {
  const { settings, origin } = gather(source);
  const names = SETTING_NAMES.filter((name) => settings[name] !== undefined);
  if (names.length === 0) return { connection: 'sqlite', file: embeddedFile(source.environment) };
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

function gather({ file, environment, defaultFile = DEFAULT_FILE }: SettingsSource): {
  settings: RawSettings;
  origin: string;
} {
  const fromEnvironment = known(environment);
  if (file !== undefined) {
    return { settings: { ...fromEnvironment, ...known(readEnvFile(file)) }, origin: file };
  }
  if (!existsSync(defaultFile)) return { settings: fromEnvironment, origin: 'the environment' };
  return {
    settings: { ...known(readEnvFile(defaultFile)), ...fromEnvironment },
    origin: Object.keys(fromEnvironment).length > 0 ? `${defaultFile} and the environment` : defaultFile,
  };
}

function readEnvFile(file: string): RawSettings {
  if (file.trim() === '') {
    throw new MultiFlexiError('USAGE', 'The name of the environment file is blank.', {
      next: 'Give -e the path of a file.',
    });
  }
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code;
    const reason =
      { ENOENT: 'there is no such file', EACCES: 'you may not read it', EISDIR: 'it is a directory' }[
        why ?? ''
      ] ??
      why ??
      'it cannot be parsed';
    throw new MultiFlexiError('SETTINGS_INVALID', `The settings in ${file} cannot be read: ${reason}.`, {
      next:
        why === 'EACCES'
          ? 'Run the command as the user multiflexi (sudo -u multiflexi …), or name another file with -e.'
          : 'Name the right file with -e.',
      cause,
    });
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

/** The embedded database in the user's data directory, by the XDG base directory specification. */
function embeddedFile(environment: RawSettings): string {
  const data = environment.XDG_DATA_HOME;
  // The specification: a relative path there is invalid and is to be ignored.
  const base = data?.startsWith('/') ? data : join(environment.HOME || homedir(), '.local', 'share');
  return resolve(base, 'multiflexi', 'multiflexi.sqlite');
}
