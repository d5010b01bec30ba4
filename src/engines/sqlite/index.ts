/** SQLite, embedded: the database is a file of this machine. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
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
import type { SqliteSettings } from '../connection-settings.ts';
import { kyselyDdl } from '../ddl.ts';
import type { Access, Engine } from '../engine.ts';
import { failure, type Place } from '../failure.ts';
import { freeBytes } from '../free-disk.ts';
import { kyselyLog, type StatementLog } from '../statement-log.ts';
import { translatingDriver } from '../translating-driver.ts';
import { parseVersion, requireVersion } from '../version.ts';
import { bulkLoad } from './bulk.ts';
import { classify } from './failures.ts';
import { openFile } from './file.ts';
import { introspect, tableNames } from './introspection.ts';
import { lock } from './lock.ts';
import { longWork } from './long-work.ts';
import { reclaim } from './reclaim.ts';
import { brokenReferences } from './references.ts';
import { watchReplicas } from './replication.ts';
import { rowCopies } from './row-copies.ts';
import { sizes } from './sizes.ts';
import { space } from './space.ts';
import { SQLITE_WORDS } from './types.ts';
import { convertingDatabase } from './values.ts';

const MINIMUM = [3, 38];

/** A transaction of ours writes: taking the write lock at BEGIN waits its turn, where a later upgrade would fail at once. */
class ImmediateDriver extends SqliteDriver {
  private readonly database: Database.Database;

  constructor(config: SqliteDialectConfig, database: Database.Database) {
    super(config);
    this.database = database;
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: TransactionSettings,
  ): Promise<void> {
    await connection.executeQuery(
      CompiledQuery.raw(settings?.accessMode === 'read only' ? 'begin' : 'begin immediate'),
    );
  }

  /** A full disk has ended it already: a second end would fail, and hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.database.inTransaction) await super.rollbackTransaction(connection);
  }
}

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
  const translate = (error: unknown) => failure(classify(error), place, error);
  const version = String(database.prepare('select sqlite_version()').pluck().get());
  requireVersion('SQLite', parseVersion(version), MINIMUM, 'its JSON functions are needed');
  const db = new Kysely<unknown>({ dialect: dialect(database, translate), ...kyselyLog(log) });

  return {
    name: 'sqlite',
    product: `SQLite ${version}`,
    where: file,
    capabilities: {
      transactionalDdl: true,
      comments: false,
      rowEstimates: false,
      rowLocks: false,
      ddlKeepsRows: false,
      anyBytesInText: true,
    },
    storage: null,
    ddl: kyselyDdl(db, SQLITE_WORDS),
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db),
    tableNames: () => tableNames(db),
    asText: (column) => sql.ref(column),
    sizes: () => sizes(db, file),
    space: async () => space(database, file),
    reclaim: async () => reclaim(database, file, translate),
    lock: (request) => lock(file, place, db, request),
    bulkLoad: (load) =>
      bulkLoad(database, db, load).catch((error: unknown) => {
        throw translate(error);
      }),
    // AUTOINCREMENT has taken notice of them.
    catchUpIdentity: async () => {},
    // A transaction of ours holds the whole file's write lock from its beginning.
    requireLockRight: async () => {},
    exclusively: (_db, _table, work) => work(),
    among,
    rowCopies: rowCopies(db, among),
    jsonArray: null,
    largestStatement: async () => null,
    longWork: async (durable) => longWork(database, durable),
    brokenReferences,
    watchReplicas,
    freeDisk: async () => (file === ':memory:' ? null : freeBytes(dirname(file))),
    close: async () => {
      await db.destroy();
      if (database.open) database.close();
    },
  };
}

function dialect(database: Database.Database, translate: (error: unknown) => Error) {
  const config = { database: convertingDatabase(database) };
  const parent = new SqliteDialect(config);
  return {
    createDriver: (): Driver => translatingDriver(new ImmediateDriver(config, database), translate),
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => parent.createQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => parent.createIntrospector(db),
  };
}
