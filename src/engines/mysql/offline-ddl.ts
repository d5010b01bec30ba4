import { MysqlAdapter, MysqlQueryCompiler } from 'kysely';
import type { Ddl } from '../contract/ddl.ts';
import { offlineDdl } from '../ddl/kysely-ddl.ts';
import { MYSQL_COLLATION, mysqlDdl } from './types.ts';

export function ddlWithoutDatabase(): Ddl {
  return offlineDdl(mysqlDdl('mysql', MYSQL_COLLATION), new MysqlAdapter(), new MysqlQueryCompiler());
}
