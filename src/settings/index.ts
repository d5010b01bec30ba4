/** The front door of the settings: where they come from, and what they must be. */
export { type ArchiveSettings, readArchiveSettings, readPassphrase } from './archive.ts';
export { type HoursOfDay, type HousekeeperSettings, readHousekeeperSettings } from './housekeeper.ts';
export { closest } from './names.ts';
export {
  dataDirectory,
  loginHint,
  readOnce,
  readSettings,
  type SettingsSource,
  settingsFileOf,
} from './read.ts';
export { parseReplica } from './replicas.ts';
