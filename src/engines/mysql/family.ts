/** What MySQL and MariaDB truly share: the engine, but for the few things handed in as {@link Differences}. */

import { type Kysely, sql } from 'kysely';
import type { BulkValue, StatementLimit } from '../contract/rows.ts';
import { kyselyDdl } from '../ddl/kysely-ddl.ts';
import { endedBy } from '../ended-by.ts';
import type { Engine } from '../engine.ts';
import { NOTHING_PILES_UP } from '../long-work.ts';
import { once } from '../once.ts';
import { recognise } from '../products.ts';
import { restoreForeignKey } from '../restore-foreign-key.ts';
import { type SupportEnds, supportEnd } from '../support.ts';
import { bulkLoad } from './bulk.ts';
import { CLOCK } from './clock.ts';
import { withoutPrimaryKey } from './conditions.ts';
import type { MysqlServer } from './connection.ts';
import { fingerprint } from './fingerprint.ts';
import { holdWriters } from './hold-writers.ts';
import { idCounters, raiseCounter } from './id-counters.ts';
import { endWhenIdle } from './idle.ts';
import { indexFacts, unusedIndexes } from './index-facts.ts';
import { type ColumnDialect, introspect, tableNames, viewNames } from './introspection.ts';
import { KILL_QUERY } from './kill-query.ts';
import { LARGE_VALUES } from './large-values.ts';
import { leftovers } from './leftovers.ts';
import { HOLDERS, lock } from './lock.ts';
import { askServer, locksReachAllWriters } from './lock-reach.ts';
import { oldestOfNewest } from './newest-rows.ts';
import { activity, lockWaiters, type PressureDialect, undoBacklog } from './pressure.ts';
import { type RebuildDialect, rebuild, rebuilds } from './rebuild.ts';
import { deleteHooks, references, seesDeleteHooks, writeHooks } from './references.ts';
import type { ReplicationDialect } from './replica-status.ts';
import { watchReplicas } from './replication.ts';
import { sizes } from './sizes.ts';
import { snapshot } from './snapshot.ts';
import { space } from './space.ts';
import { analyze, statistics } from './statistics.ts';
import { structureChecks } from './structure.ts';
import { mysqlDdl } from './types.ts';
import { unseenReferences } from './unseen-references.ts';

export interface Differences {
  readonly name: string;
  readonly product: string;
  readonly support: SupportEnds;
  readonly collation: string;
  readonly columns: ColumnDialect;
  readonly skipLocked: boolean;
  readonly cannotHold: (type: string, value: BulkValue) => string | null;
  readonly replication: ReplicationDialect;
  /** The system variable with which the server ends a session whose transaction is idle. */
  readonly idleLimit: string;
  readonly pressure: PressureDialect;
  readonly rebuilding: RebuildDialect;
  /** The table of `information_schema` in which InnoDB tells its statistics. */
  readonly tableStatistics: string;
  /** And in which it lists all tables that it keeps. */
  readonly innodbTables: string;
  /** And all foreign keys. */
  readonly innodbForeign: string;
  /** System variables that together tell the server from others. */
  readonly serverId: readonly string[];
}

export function mysqlFamilyEngine(server: MysqlServer, differences: Differences): Engine {
  const { db, place } = server;
  const words = once(() => askServer(db));
  return {
    name: differences.name,
    product: `${differences.product} ${server.version.join('.')}`,
    supportedUntil: supportEnd(differences.support, server.version),
    where: `database ${place.database} at ${place.address}`,
    localFiles: [],
    capabilities: {
      transactionalDdl: false,
      comments: true,
      rowEstimates: true,
      rowLocks: true,
      skipLocked: differences.skipLocked,
      statementsBlock: false,
      ddlKeepsRows: true,
      extremeInstants: false,
      // Rows come in the order of their keys; a foreign key made later copies the table.
      loadsBetterWithout: { indexes: false, foreignKeys: false },
    },
    // Made by the first lock, for messages alone.
    ownTables: [HOLDERS],
    storage: `InnoDB ${differences.collation}`,
    ddl: kyselyDdl(db, mysqlDdl(differences.name, differences.collation)),
    fingerprint: () => fingerprint(db, differences.serverId),
    clock: CLOCK,
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db, differences.columns, differences.collation),
    keepingIds: sql``,
    // Of MySQL alone, newer versions have another word for it; this one both have.
    overwriting: (_key, columns) =>
      sql`on duplicate key update ${sql.join(columns.map((name) => sql`${sql.ref(name)} = values(${sql.ref(name)})`))}`,
    tableNames: () => tableNames(db),
    schemaBehind: async () => null,
    viewNames: () => viewNames(db),
    asText: (column) => sql.ref(column),
    references: () => references(db),
    deleteHooks: (tables) => deleteHooks(db, tables),
    writeHooks: (tables) => writeHooks(db, tables),
    // "Cascaded foreign key actions do not activate triggers", say both servers' manuals.
    cascadeHooks: async () => [],
    unseenReferences: () => unseenReferences(db, place.database, differences.innodbForeign),
    seesDeleteHooks: () => seesDeleteHooks(db),
    snapshot: () => snapshot(db),
    // A snapshot of its own: nothing tells whether it is of the same moment.
    snapshotAt: () => snapshot(db),
    // Its views of what is committed have numbers, and shows them to nobody.
    stateOf: async () => null,
    // Both are the statistics that InnoDB keeps.
    sizes: () => sizes(db),
    statistics: (tables) => statistics(db, place.database, differences.tableStatistics, tables),
    analyze: (table) => analyze(db, table),
    space: (tables) => space(db, tables),
    // The one way is to write whole tables again, each with the disk for a second one of it.
    reclaim: async () => null,
    rebuilds: (tables) => rebuilds(server, differences.rebuilding, tables),
    rebuild: (request) => rebuild(server, differences.rebuilding, request),
    lock: (request) => lock(server, request),
    bulkLoad: (load) => bulkLoad(server, load),
    cannotHold: differences.cannotHold,
    // InnoDB takes notice of ids that are given.
    catchUpIdentity: async (table, past) => {
      if (past !== undefined) await raiseCounter(db, table, past);
    },
    exclusively: (session, table, work) => exclusively(session, table, work),
    holdWriters: (request) => holdWriters(server, request),
    editingSchema: (_db, work) => work(),
    brokenReferences: async () => null,
    // Digits and nothing else: as parameters they would be written into the statement one by one.
    among: (column, ids) =>
      ids.length === 0
        ? sql<boolean>`false`
        : sql<boolean>`${sql.ref(column)} in (${sql.raw(ids.map((id) => BigInt(id).toString()).join())})`,
    // The server jumps from one value to the next by itself where its statistics say that values have many rows each.
    distinctValues: ({ table, column, from, most }) => sql`
      select distinct ${sql.ref(column)} as value from ${sql.table(table)}
      where ${sql.ref(column)} >= ${from} order by ${sql.ref(column)} limit ${sql.lit(most)}`,
    oldestOfNewest,
    // A walk along an index locks the first row that is no longer asked for; a search for a single value does not.
    between: (column, first, last) =>
      sql<boolean>`(${sql.ref(column)} between ${first} and ${last - 1n} or ${sql.ref(column)} = ${last})`,
    largeValues: LARGE_VALUES,
    largestStatement: () => largestStatement(db),
    bytesOfText: null,
    rowCopies: null,
    jsonArray: null,
    rowLines: null,
    longWork: async () => NOTHING_PILES_UP,
    // The pages are in the server's memory.
    littleMemory: () => () => {},
    watchReplicas: (request) => watchReplicas(server, differences.replication, request),
    // Where the server's files are, and whether on this machine, is not for a client to know.
    freeDisk: async () => null,
    requireLockRight: (table) => requireLockRight(db, table),
    locksReachAllWriters: async () => locksReachAllWriters(await words()),
    serverProducts: async () => {
      const { version, marks } = await words();
      return recognise({ version, marks: server.relayed ? [...marks, 'pooler'] : marks });
    },
    endedBy: (signal, work) => endedBy(db, signal, KILL_QUERY, work),
    structureChecks,
    idCounters,
    indexFacts,
    unusedIndexes,
    leftovers: (session, tables) => leftovers(session, place.database, differences.innodbTables, tables),
    conditions: async (session) => (locksReachAllWriters(await words()) ? [] : withoutPrimaryKey(session)),
    restoreForeignKey: (table, column, reference) => restoreForeignKey(db, table, column, reference),
    restoreStorage: (table) =>
      sql`alter table ${sql.table(table)} engine = InnoDB, convert to character set utf8mb4 collate ${sql.raw(differences.collation)}`.compile(
        db,
      ).sql,
    // The newer FOR SHARE is not MariaDB's.
    shareLock: sql`lock in share mode`,
    endWhenIdle: (session, milliseconds) => endWhenIdle(session, differences.idleLimit, milliseconds),
    waiters: () => lockWaiters(db, differences.pressure, server.sessions.ids),
    undoBacklog: () => undoBacklog(db, differences.pressure, server.sessions.ids),
    activity: () => activity(db, server.sessions.ids),
    close: () => server.close(),
  };
}

/** A client's statement is one packet; the server takes it as long as it is smaller than that. */
async function largestStatement(db: Kysely<unknown>): Promise<StatementLimit | null> {
  const { rows } = await sql<{ bytes: bigint }>`select @@max_allowed_packet as bytes`.execute(db);
  if (!rows[0]) return null;
  return {
    bytes: Number(rows[0].bytes),
    raiseTo: (bytes) => `SET GLOBAL max_allowed_packet = ${2 ** Math.ceil(Math.log2(bytes + 1024))}`,
  };
}

/** LOCK TABLES, which DDL on the table outlives: each statement commits, the lock stays until it is given back. */
async function exclusively<T>(db: Kysely<unknown>, table: string, work: () => Promise<T>): Promise<T> {
  await sql`lock tables ${sql.table(table)} write`.execute(db);
  try {
    return await work();
  } finally {
    await sql`unlock tables`.execute(db).catch(() => {}); // A session that is gone holds no lock.
  }
}

/** LOCK TABLES is a right of its own here. */
async function requireLockRight(db: Kysely<unknown>, table: string): Promise<void> {
  await db.connection().execute(async (session) => {
    await sql`lock tables ${sql.table(table)} read`.execute(session);
    await sql`unlock tables`.execute(session);
  });
}
