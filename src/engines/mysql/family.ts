/** What MySQL and MariaDB truly share: the engine, but for the few things handed in as {@link Differences}. */
import { type Kysely, sql } from 'kysely';
import { kyselyDdl } from '../ddl.ts';
import type { Engine, EngineName } from '../engine.ts';
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
    capabilities: { transactionalDdl: false, comments: true, rowEstimates: true, rowLocks: true },
    storage: `InnoDB ${differences.collation}`,
    ddl: kyselyDdl(db, mysqlWords(differences.collation)),
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    introspect: () => introspect(db, differences.columns, differences.collation),
    tableNames: () => tableNames(db),
    asText: (column) => sql.ref(column),
    sizes: () => sizes(db),
    lock: (request) => lock(server, request),
    bulkLoad: (load) => bulkLoad(server, load),
    close: () => db.destroy(),
  };
}
