/** The front door of the settings: where they come from, and what they must be. */
export { type ArchiveSettings, readArchiveSettings, readPassphrase } from './archive.ts';
export { originIn, readConsoleOrigins } from './console.ts';
export type { RawSettings } from './database.ts';
export { readExportDirectory, readExportMaxAge } from './export.ts';
export { type HoursOfDay, type HousekeeperSettings, readHousekeeperSettings } from './housekeeper.ts';
export { closest } from './names.ts';
export { OTHER_PASSWORD, type OtherDatabase, partedUrl, readOtherDatabase } from './other-database.ts';
export {
  dataDirectory,
  loginHint,
  type NamedDatabase,
  readSettings,
  type SettingsSource,
  settingsFileOf,
} from './read.ts';
export {
  planReplacement,
  type Replacement,
  replaceSettings,
  requireReplaceable,
  requireUnchanged,
} from './replace-database.ts';
export { parseReplica } from './replicas.ts';
export { writeSettings } from './write-settings.ts';
