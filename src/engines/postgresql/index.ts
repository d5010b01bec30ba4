/** PostgreSQL. */
import { Kysely, PostgresAdapter, PostgresDialect, PostgresDriver } from 'kysely';
import type { ServerSettings } from '../connection-settings.ts';
import { kyselyDdl } from '../ddl.ts';
import type { Engine } from '../engine.ts';
import { kyselyLog, type StatementLog } from '../statement-log.ts';
import { translatingDriver } from '../translating-driver.ts';
import { requireVersion } from '../version.ts';
import { bulkLoad } from './bulk.ts';
import { connectPostgresql, type PostgresqlServer } from './connection.ts';
import { introspect, tableNames } from './introspection.ts';
import { lock } from './lock.ts';
import { sizes } from './sizes.ts';
import { POSTGRESQL_WORDS } from './types.ts';

const MINIMUM = [13];

export async function openPostgresql(settings: ServerSettings, log?: StatementLog): Promise<Engine> {
  const server = await connectPostgresql(settings);
  const db = new Kysely<unknown>({ dialect: dialect(server), ...kyselyLog(log) });
  try {
    requireVersion('PostgreSQL', server.version, MINIMUM, 'older ones are no longer maintained');
  } catch (error) {
    await server.pool.end();
    throw error;
  }
  return {
    name: 'postgresql',
    product: `PostgreSQL ${server.version.join('.')}`,
    where: `database ${server.place.database} at ${server.place.address}`,
    capabilities: { transactionalDdl: true, comments: true, rowEstimates: true, rowLocks: true },
    ddl: kyselyDdl(db, POSTGRESQL_WORDS),
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db),
    tableNames: () => tableNames(db),
    sizes: () => sizes(db),
    lock: (request) => lock(server, request),
    bulkLoad: (load) => bulkLoad(server, db, load),
    close: async () => {
      await db.destroy();
      // Kysely ends the pool only if it used it.
      if (!server.pool.ended) await server.pool.end();
    },
  };
}

function dialect(server: PostgresqlServer) {
  const config = { pool: server.pool };
  const parent = new PostgresDialect(config);
  return {
    createDriver: () => translatingDriver(new PostgresDriver(config), server.translate),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => parent.createQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => parent.createIntrospector(db),
  };
}
