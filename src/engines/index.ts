/** The front door of the engines: opens the database that the settings name, whichever engine it is. */
import type { DatabaseSettings } from './connection-settings.ts';
import type { Access, Engine } from './engine.ts';
import type { StatementLog } from './statement-log.ts';

export { mebibytes } from './bytes.ts';
export type { CatalogColumn, CatalogForeignKey, CatalogIndex, CatalogTable } from './catalog.ts';
export type * from './connection-settings.ts';
export { countRows } from './counting.ts';
export type { Ddl, DdlStatement, Effect } from './ddl.ts';
export * from './definition.ts';
export type * from './engine.ts';
export { nowUtc, utc } from './instant.ts';
export { offlineDdl } from './offline-ddl.ts';
export { patiently } from './patience.ts';
export type { ReplicaAddress, ReplicaLag, ReplicaWatch, WatchRequest } from './replication.ts';
export type * from './space.ts';
export type { StatementEvent, StatementLog } from './statement-log.ts';

/**
 * Connects and checks the server's version. Only the drivers of the engine in question are loaded.
 * @throws an error of the catalogue: unreachable, refused, missing, too old, not a database.
 */
export async function openEngine(
  settings: DatabaseSettings,
  access: Access,
  log?: StatementLog,
): Promise<Engine> {
  if (settings.connection === 'sqlite') {
    const { openSqlite } = await import('./sqlite/index.ts');
    return openSqlite(settings, access, log);
  }
  if (settings.connection === 'pgsql') {
    const { openPostgresql } = await import('./postgresql/index.ts');
    return openPostgresql(settings, access, log);
  }
  const { connectMysql } = await import('./mysql/connection.ts');
  const server = await connectMysql(settings, access, log);
  try {
    // One protocol, one setting, two products: the server itself says which it is.
    if (server.isMariadb) return (await import('./mariadb/index.ts')).openMariadb(server);
    return (await import('./mysql/index.ts')).openMysql(server);
  } catch (error) {
    await server.close();
    throw error;
  }
}
