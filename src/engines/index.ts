/** The front door of the engines: opens the database that the settings name, whichever engine it is. */

export { mebibytes } from './bytes.ts';
export type * from './connection-settings.ts';
export type * from './contract/catalogue.ts';
export type * from './contract/connection.ts';
export type { Ddl, DdlStatement, Effect, SchemaChanges } from './contract/ddl.ts';
export type * from './contract/integrity.ts';
export type * from './contract/locks.ts';
export type * from './contract/replication.ts';
export type * from './contract/rows.ts';
export type * from './contract/snapshots.ts';
export type * from './contract/upkeep.ts';
export { countRows } from './counting.ts';
export * from './definition.ts';
export type { Engine } from './engine.ts';
export { type Held, holdFile } from './file-lock.ts';
export { INSTANT, instantMs, nowUtc, utc } from './instant.ts';
export { parseHolder, thisProcess } from './lock-holder.ts';
export type { EngineProfile } from './profile.ts';
export { ENGINES, type EngineName, offlineDdl, openEngine, settingsOf } from './registry.ts';
export type * from './sight.ts';
export type * from './sizes.ts';
export type { StatementEvent, StatementLog } from './statement-log.ts';
export { tryFor } from './waiting.ts';
