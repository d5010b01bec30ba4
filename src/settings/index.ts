/** The front door of the settings: where they come from, and what they must be. */
export { type ArchiveSettings, readArchiveSettings, readPassphrase } from './archive.ts';
export { dataDirectory, readSettings, type SettingsSource } from './read.ts';
export { parseReplica } from './replicas.ts';
