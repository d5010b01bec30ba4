/** How old the last export may be before the overview warns, and where those go that nobody names a file for: `EXPORT_*`. */
import { resolve } from 'node:path';
import { unusableExportSetting } from './failures.ts';
import { nearest, settingsFile } from './nearest.ts';
import { pathFault } from './paths.ts';
import type { SettingsSource } from './read.ts';

const NAME = 'EXPORT_MAX_AGE_DAYS';
const DEFAULT_DAYS = 7;
const MOST_DAYS = 3_650;

/** In days. A name in the environment wins over one of the settings file. @throws SETTINGS_INVALID */
export function readExportMaxAge(from: SettingsSource): number {
  const text = nearest(NAME, from.environment, settingsFile(from));
  if (text === undefined) return DEFAULT_DAYS;
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= MOST_DAYS) return days;
  throw unusableExportSetting(`${NAME} must be a whole number of days from 1 to ${MOST_DAYS}`);
}

const DIRECTORY = 'EXPORT_DIR';

/** Absolute; undefined where it is not set. @throws SETTINGS_INVALID */
export function readExportDirectory(from: SettingsSource): string | undefined {
  const text = nearest(DIRECTORY, from.environment, settingsFile(from));
  if (text === undefined) return undefined;
  if (/\p{Cc}/u.test(text)) throw unusableExportSetting(`${DIRECTORY} contains a control character`);
  const fault = pathFault(text, from.environment.HOME || undefined);
  if (fault !== undefined) throw unusableExportSetting(`${DIRECTORY} ${fault}`);
  return resolve(text);
}
