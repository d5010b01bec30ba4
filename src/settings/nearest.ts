/** Settings of which the environment has the last word, as it is nearer to who calls; the database's have one source. */
import type { RawSettings } from './database.ts';
import { DEFAULT_FILE, isThere, namesDatabase, readEnvFile, type SettingsSource } from './read.ts';

/** The settings file: the one that is named, else the default one where the environment names no database. */
export function settingsPath(from: SettingsSource): string | undefined {
  const { file, environment, defaultFile = DEFAULT_FILE } = from;
  return file ?? (!namesDatabase(environment) && isThere(defaultFile) ? defaultFile : undefined);
}

/** What the settings file says. */
export function settingsFile(from: SettingsSource): RawSettings {
  const source = settingsPath(from);
  return source === undefined ? {} : readEnvFile(from, source);
}

/** Trimmed; a blank one counts as not set. */
export function nearest(name: string, environment: RawSettings, file: RawSettings): string | undefined {
  return environment[name]?.trim() || file[name]?.trim() || undefined;
}
