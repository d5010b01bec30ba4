/** What MySQL and MariaDB truly share: the engine, but for the few things handed in as {@link Differences}. */
import { type Kysely, sql } from 'kysely';
import { kyselyDdl } from '../ddl.ts';
import type { Engine, EngineName } from '../engine.ts';
import { NOTHING_PILES_UP } from '../long-work.ts';
import { bulkLoad } from './bulk.ts';
import type { MysqlServer } from './connection.ts';
import { type ColumnDialect, introspect, tableNames } from './introspection.ts';
import { lock } from './lock.ts';
import type { ReplicationWords } from './replica-status.ts';
import { watchReplicas } from './replication.ts';
import { sizes } from './sizes.ts';
import { space } from './space.ts';
import { mysqlWords } from './types.ts';

export interface Differences {
  readonly name: EngineName;
  readonly product: string;
  readonly collation: string;
  readonly columns: ColumnDialect;
  readonly replication: ReplicationWords;
}

export function mysqlFamilyEngine(server: MysqlServer, differences: Differences): Engine {
  const { db, place } = server;
  return {
    name: differences.name,
    product: `${differences.product} ${server.version.join('.')}`,
    where: `database ${place.database} at ${place.address}`,
    capabilities: {
      transactionalDdl: false,
      comments: true,
      rowEstimates: true,
      rowLocks: true,
      ddlKeepsRows: true,
      anyBytesInText: false,
    },
    storage: `InnoDB ${differences.collation}`,
    ddl: kyselyDdl(db, mysqlWords(differences.name, differences.collation)),
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db, differences.columns, differences.collation),
    tableNames: () => tableNames(db),
    asText: (column) => sql.ref(column),
    sizes: () => sizes(db),
    space: (tables) => space(db, tables),
    // The one way is to write whole tables again, each with the disk for a second one of it.
    reclaim: async () => null,
    lock: (request) => lock(server, request),
    bulkLoad: (load) => bulkLoad(server, load),
    // InnoDB takes notice of ids that are given.
    catchUpIdentity: async () => {},
    exclusively: (session, table, work) => exclusively(session, table, work),
    brokenReferences: async () => [],
    // Digits and nothing else: as parameters they would be written into the statement one by one.
    among: (column, ids) =>
      ids.length === 0
        ? sql<boolean>`false`
        : sql<boolean>`${sql.ref(column)} in (${sql.raw(ids.map((id) => BigInt(id).toString()).join())})`,
    largestStatement: async () => {
      const { rows } = await sql<{ bytes: bigint }>`select @@max_allowed_packet as bytes`.execute(db);
      return rows[0] ? Number(rows[0].bytes) : null;
    },
    rowCopies: null,
    jsonArray: null,
    longWork: async () => NOTHING_PILES_UP,
    watchReplicas: (request) => watchReplicas(server, differences.replication, request),
    // Where the server's files are, and whether on this machine, is not for a client to know.
    freeDisk: async () => null,
    requireLockRight: (table) => requireLockRight(db, table),
    close: () => server.close(),
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
