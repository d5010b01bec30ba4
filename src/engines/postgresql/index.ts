/** PostgreSQL. */
import { type Kysely, sql } from 'kysely';
import type { ServerSettings } from '../connection-settings.ts';
import { kyselyDdl } from '../ddl.ts';
import type { Access, Engine } from '../engine.ts';
import type { StatementLog } from '../statement-log.ts';
import { requireVersion } from '../version.ts';
import { bulkLoad } from './bulk.ts';
import { connectPostgresql } from './connection.ts';
import { introspect, tableNames } from './introspection.ts';
import { kyselyOn } from './kysely.ts';
import { lock } from './lock.ts';
import { sizes } from './sizes.ts';
import { POSTGRESQL_WORDS } from './types.ts';

const MINIMUM = [13];

export async function openPostgresql(
  settings: ServerSettings,
  access: Access,
  log?: StatementLog,
): Promise<Engine> {
  const server = await connectPostgresql(settings, access, log);
  const db = kyselyOn(server, server.pool);
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
    storage: null,
    ddl: kyselyDdl(db, POSTGRESQL_WORDS),
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db),
    tableNames: () => tableNames(db),
    // A text's bytes as they are, everything else as it is written out.
    asText: (column) => sql`${sql.ref(column)}::text`,
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
