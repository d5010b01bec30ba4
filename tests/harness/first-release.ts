/** Databases as the first release made them: its words are in the engines still, to know its steps again. */
import type { DdlDialect } from '../../src/engines/ddl/dialect.ts';
import { kyselyDdl } from '../../src/engines/ddl/kysely-ddl.ts';
import type { Ddl, Engine } from '../../src/engines/index.ts';
import { MARIADB_COLLATION, MYSQL_COLLATION, mysqlDdl } from '../../src/engines/mysql/types.ts';
import { POSTGRESQL_DDL } from '../../src/engines/postgresql/types.ts';
import { SQLITE_DDL } from '../../src/engines/sqlite/types.ts';

/** The last migration of the first release. */
export const FIRST_RELEASE = '20261125205814';

const DIALECTS: readonly DdlDialect[] = [
  SQLITE_DDL,
  mysqlDdl('mysql', MYSQL_COLLATION),
  mysqlDdl('mariadb', MARIADB_COLLATION),
  POSTGRESQL_DDL,
];

/** The same engine, and what it makes is what the first release made. */
export function ofFirstRelease(engine: Engine): Engine {
  return { ...engine, ddl: ddl(engine) };
}

function ddl(engine: Engine): Ddl {
  const dialect = DIALECTS.find((one) => one.engine === engine.name);
  if (!dialect) throw new Error(`no dialect for ${engine.name}`);
  const { firstRelease, ...words } = dialect;
  return kyselyDdl(engine.kysely(), { ...words, ...firstRelease });
}
