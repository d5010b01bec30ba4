/** Writes the `DB_*` settings of one database into a settings file, unless it names another database than the one that is meant. */
import { existsSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type RawSettings, SETTING_NAMES, validateDatabaseSettings } from './database.ts';
import { namesAnother, unusableSettings } from './failures.ts';
import { namesDatabase, readEnvFile } from './read.ts';
import { planReplacement, replaceSettings } from './replace-database.ts';

export interface SettingsToWrite {
  /** It must exist: its owner and mode are kept, and so is all in it that is not of ours. */
  readonly file: string;
  /** What it is to say; no setting at all takes those of the file out. */
  readonly settings: RawSettings;
  /**
   * A file with the settings that may be replaced, as those that were written last time; one that does not exist has none.
   * They are replaced only by others of the same database: leaving one for another takes more than its settings.
   */
  readonly replaces?: string | undefined;
}

/**
 * Safe to repeat: a file that says it already is not touched.
 * @returns whether something was written
 * @throws CHANGED_MEANWHILE where the file names a database of its own, SETTINGS_INVALID
 */
export async function writeSettings({ file, settings, replaces }: SettingsToWrite): Promise<boolean> {
  if (namesDatabase(settings)) requireValid(settings);
  const replacement = planReplacement(file, settings);
  const is = databaseIn(parseEnv(replacement.before.replace(/^\uFEFF/, '')));
  const wanted = databaseIn(settings);
  if (is === wanted) return false;
  const before = replaces === undefined ? undefined : databaseIn(existing(replaces));
  if (is !== NONE && (is !== before || !mayReplace(parseEnv(replacement.before), settings)))
    throw namesAnother(file);
  await replaceSettings(replacement);
  return true;
}

/** Whether both mean the same database, whatever the account; or whether the settings are only to be taken out. */
function mayReplace(old: RawSettings, settings: RawSettings): boolean {
  if (!namesDatabase(settings)) return true;
  return placeOf(old) === placeOf(settings);
}

function placeOf(raw: RawSettings): string {
  const result = validateDatabaseSettings(filledIn(raw));
  if ('faults' in result) return JSON.stringify(result.faults);
  const { settings } = result;
  if (settings.connection === 'sqlite') return settings.file;
  const { connection, host, port, socket, database } = settings;
  return JSON.stringify([connection, socket ?? `${host}:${port}`, database]);
}

function requireValid(settings: RawSettings): void {
  const result = validateDatabaseSettings(filledIn(settings));
  if ('faults' in result) throw unusableSettings('the environment', result.faults);
}

const NONE = databaseIn({});

/** The order of settings does not matter. */
function databaseIn(raw: RawSettings): string {
  const filled = filledIn(raw);
  return JSON.stringify(SETTING_NAMES.map((name) => filled[name] ?? ''));
}

/** Blank settings say nothing. */
function filledIn(raw: RawSettings): RawSettings {
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value?.trim()));
}

function existing(file: string): RawSettings {
  return existsSync(file) ? readEnvFile({ environment: {} }, file) : {};
}
