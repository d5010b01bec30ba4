import { MysqlAdapter, MysqlQueryCompiler } from 'kysely';
import type { Ddl } from '../contract/ddl.ts';
import { offlineDdl } from '../ddl/kysely-ddl.ts';
import { MARIADB_COLLATION, mysqlDdl } from '../mysql/types.ts';

export function ddlWithoutDatabase(): Ddl {
  return offlineDdl(mysqlDdl('mariadb', MARIADB_COLLATION), new MysqlAdapter(), new MysqlQueryCompiler());
}
