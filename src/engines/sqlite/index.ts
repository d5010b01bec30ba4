/** SQLite, embedded: the database is a file of this machine. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as othersTurn, setTimeout as sleep } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  sql,
  type TransactionSettings,
} from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { SqliteSettings } from '../connection-settings.ts';
import type { Access } from '../contract/connection.ts';
import { kyselyDdl } from '../ddl/kysely-ddl.ts';
import { distinctValues } from '../distinct-values.ts';
import type { Engine } from '../engine.ts';
import { failure } from '../failure.ts';
import { freeBytes } from '../free-disk.ts';
import { byCountingAll } from '../newest-rows.ts';
import { overwriting } from '../overwriting.ts';
import type { Place } from '../place.ts';
import { kyselyLog, type StatementLog } from '../statement-log.ts';
import { translatingDriver } from '../translating-driver.ts';
import { parseVersion, requireVersion } from '../version.ts';
import { bulkLoad } from './bulk.ts';
import { cannotHold } from './cannot-hold.ts';
import { classify } from './diagnosis.ts';
import { openFile } from './file.ts';
import { fingerprint } from './fingerprint.ts';
import { temporaryDiskIsFull } from './full-disk.ts';
import { holdWriters } from './hold-writers.ts';
import { idCounters, raiseSequence } from './id-counters.ts';
import { indexFacts } from './index-facts.ts';
import { introspect, tableNames, viewNames } from './introspection.ts';
import { LARGE_VALUES } from './large-values.ts';
import { littleMemory } from './little-memory.ts';
import { lock } from './lock.ts';
import { longWork } from './long-work.ts';
import { rebuild, rebuilds } from './rebuild.ts';
import { reclaim } from './reclaim.ts';
import { brokenReferences, cascadeHooks, deleteHooks, references, writeHooks } from './references.ts';
import { FileIdentity } from './replaced.ts';
import { watchReplicas } from './replication.ts';
import { rowCopies } from './row-copies.ts';
import { ROW_LINES } from './row-lines.ts';
import { editingSchema } from './schema-text.ts';
import { sizes } from './sizes.ts';
import { snapshot, snapshotAt, stateOf } from './snapshot.ts';
import { space } from './space.ts';
import { analyze, statistics } from './statistics.ts';
import { structureChecks } from './structure.ts';
import { SQLITE_DDL } from './types.ts';
import { convertingDatabase } from './values.ts';

const MINIMUM = [3, 38];
/** How long a transaction waits for another writer, and how long of that without a turn of the event loop, in milliseconds. */
const PATIENCE_MS = 2_000;
const WAIT_MS = 20;
/** How long statements may follow one another without a turn of the event loop. */
const TURN_MS = 50;

/** A transaction of ours writes: taking the write lock at BEGIN waits its turn, where a later upgrade would fail at once. */
class ImmediateDriver extends SqliteDriver {
  private readonly database: Database.Database;
  private readonly identity: FileIdentity;
  private lastTurn = performance.now();

  constructor(config: SqliteDialectConfig, database: Database.Database, identity: FileIdentity) {
    super(config);
    this.database = database;
    this.identity = identity;
  }

  /** Statements block: between two of them, and never in a transaction, signals and timers have their turn. */
  override async acquireConnection(): Promise<DatabaseConnection> {
    if (performance.now() - this.lastTurn > TURN_MS) {
      await othersTurn();
      this.lastTurn = performance.now();
    }
    return super.acquireConnection();
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: TransactionSettings,
  ): Promise<void> {
    if (settings?.accessMode === 'read only') await connection.executeQuery(CompiledQuery.raw('begin'));
    else await this.beginImmediately(connection);
  }

  /** SQLite itself waits for another writer without letting anything else happen: no signal would be heard meanwhile. */
  private async beginImmediately(connection: DatabaseConnection): Promise<void> {
    this.identity.requireSame();
    const before = Number(this.database.pragma('busy_timeout', { simple: true }));
    const deadline = performance.now() + Math.min(before, PATIENCE_MS);
    this.database.pragma(`busy_timeout = ${Math.min(before, WAIT_MS)}`);
    try {
      for (;;) {
        try {
          await connection.executeQuery(CompiledQuery.raw('begin immediate'));
          return;
        } catch (error) {
          if (!isMultiFlexiError(error, 'LOCK_TIMEOUT') || performance.now() > deadline) throw error;
          await sleep(1);
        }
      }
    } finally {
      this.database.pragma(`busy_timeout = ${before}`);
    }
  }

  /** A full disk has ended it already: a second end would fail, and hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.database.inTransaction) await super.rollbackTransaction(connection);
  }
}

/** `now` is asked once a step, when the write lock is held: a transaction of ours takes it first. */
const CLOCK = sql<bigint>`cast(round((julianday('now') - 2440587.5) * 86400000) as integer)`;

/** One parameter, and the same statement for any number of them. */
function among(column: string, ids: readonly bigint[]) {
  return sql<boolean>`${sql.ref(column)} in (select value from json_each(${`[${ids.join()}]`}))`;
}

export function openSqlite(settings: SqliteSettings, access: Access, log?: StatementLog): Engine {
  // One file, one lock, whatever name it was reached by.
  const file = existsSync(settings.file) ? realpathSync(settings.file) : settings.file;
  const place: Place = {
    kind: 'SQLite file',
    address: file,
    database: file,
    username: undefined,
    secret: undefined,
  };
  const database = openFile(file, access, place);
  const identity = new FileIdentity(file);
  const translate = (error: unknown) =>
    temporaryDiskIsFull(file, error) ?? failure(classify(error), place, error);
  const version = String(database.prepare('select sqlite_version()').pluck().get());
  requireVersion('SQLite', parseVersion(version), MINIMUM, 'its JSON functions are needed');
  const kyselyOn = (connection: Database.Database) =>
    new Kysely<unknown>({ dialect: dialect(connection, translate, identity), ...kyselyLog(log) });
  const db = kyselyOn(database);

  return {
    name: 'sqlite',
    product: `SQLite ${version}`,
    // It comes with this program, and is as old as that.
    supportedUntil: null,
    where: file,
    localFiles: file === ':memory:' ? [] : [file],
    capabilities: {
      transactionalDdl: true,
      comments: false,
      rowEstimates: false,
      rowLocks: false,
      skipLocked: false,
      statementsBlock: true,
      ddlKeepsRows: false,
      extremeInstants: false,
      // Looking for a parent by its rowid costs next to nothing; and a table is born with its foreign keys.
      loadsBetterWithout: { indexes: true, foreignKeys: false },
    },
    ownTables: [],
    storage: null,
    ddl: kyselyDdl(db, SQLITE_DDL),
    fingerprint: async () => fingerprint(file),
    clock: CLOCK,
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db),
    keepingIds: sql``,
    overwriting,
    tableNames: () => tableNames(db),
    schemaBehind: async () => null,
    viewNames: () => viewNames(db),
    asText: (column) => sql.ref(column),
    references: () => references(db),
    deleteHooks: (tables) => deleteHooks(db, tables),
    writeHooks: (tables) => writeHooks(db, tables),
    cascadeHooks: (keys) => cascadeHooks(db, keys),
    unseenReferences: async () => ({ visible: true, seen: [] }),
    seesDeleteHooks: async () => true,
    snapshot: (readers) => snapshot({ file, place, db }, readers),
    snapshotAt: () => snapshotAt(db),
    stateOf: async (session) => {
      // Who writes now may write to another file of the same name.
      identity.requireSame();
      return stateOf(session);
    },
    sizes: (depth) => sizes(db, file, depth),
    statistics: (tables) => statistics(db, tables),
    analyze: (table) => analyze(db, table),
    space: async () => space(database, file),
    reclaim: async () => reclaim(database, file, translate),
    rebuilds: async () => rebuilds(database, file),
    rebuild: (request) => rebuild({ database, file, place, translate }, request),
    lock: (request) => lock(file, place, db, request),
    bulkLoad: (load) =>
      bulkLoad(database, db, load).catch((error: unknown) => {
        throw translate(error);
      }),
    cannotHold,
    // AUTOINCREMENT has taken notice of ids that are given.
    catchUpIdentity: async (table, past) => {
      if (past !== undefined) await raiseSequence(db, table, past);
    },
    // A transaction of ours holds the whole file's write lock from its beginning.
    requireLockRight: async () => {},
    locksReachAllWriters: async () => true,
    shareLock: sql``,
    // Where a process is frozen that holds the file's write lock, nobody can end that for it.
    endWhenIdle: async () => {},
    waiters: async () => null,
    undoBacklog: async () => null,
    activity: async () => null,
    holdWriters: (request) => holdWriters({ file, place, kyselyOn }, request),
    exclusively: (_db, _table, work) => work(),
    editingSchema: (session, work) => editingSchema(database, session, work),
    among,
    distinctValues,
    oldestOfNewest: byCountingAll((rows, n) => sql`max(${rows} - ${sql.lit(n)}, 0)`),
    rowCopies: rowCopies(db, among),
    jsonArray: null,
    rowLines: ROW_LINES,
    between: (column, first, last) => sql<boolean>`${sql.ref(column)} between ${first} and ${last}`,
    largeValues: LARGE_VALUES,
    largestStatement: async () => null,
    // A text keeps any bytes; those that are no UTF-8 are read as replacement characters.
    bytesOfText: (column) => sql<Buffer>`cast(${sql.ref(column)} as blob)`,
    longWork: async (durable) => longWork(database, durable),
    littleMemory: () => littleMemory(database),
    brokenReferences,
    serverProducts: async () => [],
    // Nobody can end a statement that keeps this process from doing anything else.
    endedBy: async (signal, work) => {
      signal.throwIfAborted();
      return work(db);
    },
    structureChecks: (session, tables, depth) => structureChecks(session, file, tables, depth),
    idCounters,
    indexFacts,
    unusedIndexes: async () => null,
    // Whoever changes a table here does it in one transaction.
    leftovers: async () => ({ visible: true, seen: [] }),
    conditions: async () => [],
    restoreStorage: () => null,
    restoreForeignKey: () => null,
    watchReplicas,
    freeDisk: async () => (file === ':memory:' ? null : freeBytes(dirname(file))),
    close: async () => {
      await db.destroy();
      if (database.open) database.close();
    },
  };
}

function dialect(database: Database.Database, translate: (error: unknown) => Error, identity: FileIdentity) {
  const config = { database: convertingDatabase(database) };
  const parent = new SqliteDialect(config);
  return {
    createDriver: (): Driver => translatingDriver(new ImmediateDriver(config, database, identity), translate),
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => parent.createQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => parent.createIntrospector(db),
  };
}
