/** The front door of the settings: where they come from, and what they must be. */
export type { DatabaseSettings, ServerSettings, SqliteSettings, TlsSettings } from './database.ts';
export { readSettings, type SettingsSource } from './read.ts';
