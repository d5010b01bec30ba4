/** What MySQL and MariaDB truly share: the engine, but for the few things handed in as {@link Differences}. */
import { type Kysely, sql } from 'kysely';
import { kyselyDdl } from '../ddl.ts';
import type { Engine, EngineName } from '../engine.ts';
import { freeBytes, isLocal } from '../free-disk.ts';
import { bulkLoad } from './bulk.ts';
import type { MysqlServer } from './connection.ts';
import { type ColumnDialect, introspect, tableNames } from './introspection.ts';
import { lock } from './lock.ts';
import { sizes } from './sizes.ts';
import { mysqlWords } from './types.ts';

export interface Differences {
  readonly name: EngineName;
  readonly product: string;
  readonly collation: string;
  readonly columns: ColumnDialect;
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
    },
    storage: `InnoDB ${differences.collation}`,
    ddl: kyselyDdl(db, mysqlWords(differences.name, differences.collation)),
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db, differences.columns, differences.collation),
    tableNames: () => tableNames(db),
    asText: (column) => sql.ref(column),
    sizes: () => sizes(db),
    lock: (request) => lock(server, request),
    bulkLoad: (load) => bulkLoad(server, load),
    // InnoDB takes notice of ids that are given.
    catchUpIdentity: async () => {},
    exclusively: (session, table, work) => exclusively(session, table, work),
    brokenReferences: async () => [],
    freeDisk: () => freeDisk(server),
    close: () => db.destroy(),
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

async function freeDisk({ settings, db }: MysqlServer): Promise<number | null> {
  if (!isLocal(settings)) return null;
  const { rows } = await sql<{ directory: string }>`select @@datadir as directory`.execute(db);
  return rows[0] ? freeBytes(rows[0].directory) : null;
}
