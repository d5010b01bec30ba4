/** How old the last export may be before the overview warns: `EXPORT_MAX_AGE_DAYS`. */
import { unusableExportSetting } from './failures.ts';
import { nearest, settingsFile } from './nearest.ts';
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
