/** PostgreSQL. */

import { type Kysely, sql } from 'kysely';
import type { ServerSettings } from '../connection-settings.ts';
import type { Access } from '../contract/connection.ts';
import { kyselyDdl } from '../ddl/kysely-ddl.ts';
import { distinctValues } from '../distinct-values.ts';
import { endedBy } from '../ended-by.ts';
import type { Engine } from '../engine.ts';
import { NOTHING_PILES_UP } from '../long-work.ts';
import { overwriting } from '../overwriting.ts';
import { recognise } from '../products.ts';
import { restoreForeignKey } from '../restore-foreign-key.ts';
import type { StatementLog } from '../statement-log.ts';
import { POSTGRESQL_SUPPORT, supportEnd } from '../support.ts';
import { requireVersion } from '../version.ts';
import { activity } from './activity.ts';
import { analyze, statistics } from './analyze.ts';
import { bulkLoad } from './bulk.ts';
import { CANCEL } from './cancel.ts';
import { cannotHold } from './cannot-hold.ts';
import { conditions } from './conditions.ts';
import { connectPostgresql } from './connection.ts';
import { fingerprint } from './fingerprint.ts';
import { holdWriters } from './hold-writers.ts';
import { idCounters } from './id-counters.ts';
import { catchUpIdentity } from './identity.ts';
import { endWhenIdle } from './idle.ts';
import { indexFacts, unusedIndexes } from './index-facts.ts';
import { introspect, schemaBehind, tableNames, viewNames } from './introspection.ts';
import { jsonArray, ROW_LINES } from './json-array.ts';
import { kyselyOn } from './kysely.ts';
import { LARGE_VALUES } from './large-values.ts';
import { leftovers } from './leftovers.ts';
import { lock } from './lock.ts';
import { lockWaiters } from './lock-waiters.ts';
import { oldestOfNewest } from './newest-rows.ts';
import { rebuild, rebuilds } from './rebuild.ts';
import { reclaim } from './reclaim.ts';
import { cascadeHooks, deleteHooks, references, writeHooks } from './references.ts';
import { watchReplicas } from './replication.ts';
import { sizes } from './sizes.ts';
import { snapshot, snapshotAt, stateOf } from './snapshot.ts';
import { space } from './space.ts';
import { reportActivity } from './statistics.ts';
import { structureChecks } from './structure.ts';
import { POSTGRESQL_DDL } from './types.ts';

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
    supportedUntil: supportEnd(POSTGRESQL_SUPPORT, server.version),
    where: `database ${server.place.database} at ${server.place.address}`,
    localFiles: [],
    capabilities: {
      transactionalDdl: true,
      comments: true,
      rowEstimates: true,
      rowLocks: true,
      skipLocked: true,
      statementsBlock: false,
      ddlKeepsRows: true,
      extremeInstants: true,
      loadsBetterWithout: { indexes: true, foreignKeys: true },
    },
    ownTables: [],
    storage: null,
    ddl: kyselyDdl(db, POSTGRESQL_DDL),
    fingerprint: () => fingerprint(db),
    clock: sql<bigint>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db),
    // An administrator may have made them GENERATED ALWAYS.
    keepingIds: sql`overriding system value`,
    overwriting,
    tableNames: () => tableNames(db),
    schemaBehind: (table) => schemaBehind(db, table),
    viewNames: () => viewNames(db),
    // Bytes and texts as they are, without reading those that lie outside of the row; everything else as it is written.
    asText: (column, type) =>
      type === 'binary' || type === 'text' ? sql.ref(column) : sql`${sql.ref(column)}::text`,
    references: () => references(db),
    deleteHooks: (tables) => deleteHooks(db, tables),
    writeHooks: (tables) => writeHooks(db, tables),
    cascadeHooks: (keys) => cascadeHooks(db, keys),
    // The catalogue is everybody's.
    unseenReferences: async () => ({ visible: true, seen: [] }),
    seesDeleteHooks: async () => true,
    snapshot: (readers) => snapshot(db, readers),
    snapshotAt: (moment) => snapshotAt(db, moment),
    stateOf,
    sizes: () => sizes(db),
    statistics: async (tables) => {
      await reportActivity(server);
      return statistics(db, server.version, tables);
    },
    analyze: async (table, signal) => {
      // What our sessions tell later would count as changed since.
      await reportActivity(server);
      return analyze(db, table, signal);
    },
    space: async (tables) => {
      await reportActivity(server);
      return space(db, server.version, tables);
    },
    reclaim: (request) => reclaim(db, server.version, request),
    rebuilds: async (tables) => {
      await reportActivity(server);
      return rebuilds(db, server.version, tables);
    },
    rebuild: (request) => rebuild(server, db, request),
    lock: (request) => lock(server, request),
    bulkLoad: (load) => bulkLoad(server, load),
    cannotHold,
    catchUpIdentity: (table, past) => catchUpIdentity(db, table, past),
    holdWriters: (request) => holdWriters(server, request),
    exclusively: async (transaction, table, work) => {
      // Held until the transaction ends.
      await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(transaction);
      return work();
    },
    editingSchema: (_db, work) => work(),
    brokenReferences: async () => null,
    // One parameter, and the same statement for any number of them.
    among: (column, ids) => sql<boolean>`${sql.ref(column)} = any(${`{${ids.join()}}`}::bigint[])`,
    distinctValues,
    oldestOfNewest,
    rowCopies: null,
    jsonArray,
    rowLines: ROW_LINES,
    between: (column, first, last) => sql<boolean>`${sql.ref(column)} between ${first} and ${last}`,
    largeValues: LARGE_VALUES,
    largestStatement: async () => null,
    bytesOfText: null,
    longWork: async () => NOTHING_PILES_UP,
    // The pages are in the server's memory.
    littleMemory: () => () => {},
    watchReplicas: (request) => watchReplicas(server, db, request),
    // Where the server's files are, and whether on this machine, is not for a client to know.
    freeDisk: async () => null,
    // Whoever may drop a table may lock it.
    requireLockRight: async () => {},
    locksReachAllWriters: async () => true,
    shareLock: sql`for share`,
    endWhenIdle,
    waiters: () => lockWaiters(db, server.sessions.ids),
    // Old versions lie in the tables themselves.
    undoBacklog: async () => null,
    activity: () => activity(db, server.sessions.ids),
    serverProducts: async () => recognise(server.words),
    endedBy: (signal, work) => endedBy(db, signal, CANCEL, work),
    structureChecks,
    idCounters,
    indexFacts,
    unusedIndexes,
    leftovers,
    conditions,
    restoreStorage: () => null,
    restoreForeignKey: (table, column, reference) => restoreForeignKey(db, table, column, reference),
    close: async () => {
      await db.destroy();
      // Kysely ends the pool only if it used it.
      if (!server.pool.ended) await server.pool.end();
    },
  };
}
