/** PostgreSQL. */
import { type Kysely, sql } from 'kysely';
import type { ServerSettings } from '../connection-settings.ts';
import { kyselyDdl } from '../ddl.ts';
import type { Access, Engine } from '../engine.ts';
import { NOTHING_PILES_UP } from '../long-work.ts';
import type { StatementLog } from '../statement-log.ts';
import { requireVersion } from '../version.ts';
import { bulkLoad } from './bulk.ts';
import { connectPostgresql } from './connection.ts';
import { catchUpIdentity } from './identity.ts';
import { introspect, tableNames } from './introspection.ts';
import { jsonArray } from './json-array.ts';
import { kyselyOn } from './kysely.ts';
import { lock } from './lock.ts';
import { reclaim } from './reclaim.ts';
import { watchReplicas } from './replication.ts';
import { sizes } from './sizes.ts';
import { space } from './space.ts';
import { reportActivity } from './statistics.ts';
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
    capabilities: {
      transactionalDdl: true,
      comments: true,
      rowEstimates: true,
      rowLocks: true,
      ddlKeepsRows: true,
      anyBytesInText: false,
    },
    storage: null,
    ddl: kyselyDdl(db, POSTGRESQL_WORDS),
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db),
    tableNames: () => tableNames(db),
    // Bytes and texts as they are, without reading those that lie outside of the row; everything else as it is written.
    asText: (column, type) =>
      type === 'binary' || type === 'text' ? sql.ref(column) : sql`${sql.ref(column)}::text`,
    sizes: () => sizes(db),
    space: async (tables) => {
      await reportActivity(server);
      return space(db, server.version, tables);
    },
    reclaim: (request) => reclaim(db, server.version, request),
    lock: (request) => lock(server, request),
    bulkLoad: (load) => bulkLoad(server, db, load),
    catchUpIdentity: (table) => catchUpIdentity(db, table),
    exclusively: async (transaction, table, work) => {
      // Held until the transaction ends.
      await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(transaction);
      return work();
    },
    brokenReferences: async () => [],
    // One parameter, and the same statement for any number of them.
    among: (column, ids) => sql<boolean>`${sql.ref(column)} = any(${`{${ids.join()}}`}::bigint[])`,
    rowCopies: null,
    jsonArray,
    largestStatement: async () => null,
    longWork: async () => NOTHING_PILES_UP,
    watchReplicas: (request) => watchReplicas(server, db, request),
    // Where the server's files are, and whether on this machine, is not for a client to know.
    freeDisk: async () => null,
    // Whoever may drop a table may lock it.
    requireLockRight: async () => {},
    close: async () => {
      await db.destroy();
      // Kysely ends the pool only if it used it.
      if (!server.pool.ended) await server.pool.end();
    },
  };
}
