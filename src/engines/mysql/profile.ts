import { MysqlAdapter, MysqlQueryCompiler } from 'kysely';
import { offlineDdl } from '../ddl/kysely-ddl.ts';
import type { EngineProfile } from '../profile.ts';
import { openByProtocol } from './open.ts';
import { MYSQL_COLLATION, mysqlDdl } from './types.ts';

export const MYSQL = {
  name: 'mysql',
  connection: 'mysql',
  alsoNamed: ['mysqli', 'mysql2', 'pdo_mysql'],
  defaultPort: 3306,
  ddl: () => offlineDdl(mysqlDdl('mysql', MYSQL_COLLATION), new MysqlAdapter(), new MysqlQueryCompiler()),
  open: openByProtocol,
} as const satisfies EngineProfile;
