import { MysqlAdapter, MysqlQueryCompiler } from 'kysely';
import { offlineDdl } from '../ddl/kysely-ddl.ts';
import { openByProtocol } from '../mysql/open.ts';
import { MARIADB_COLLATION, mysqlDdl } from '../mysql/types.ts';
import type { EngineProfile } from '../profile.ts';

export const MARIADB = {
  name: 'mariadb',
  connection: 'mysql',
  alsoNamed: ['mariadb'],
  defaultPort: 3306,
  ddl: () => offlineDdl(mysqlDdl('mariadb', MARIADB_COLLATION), new MysqlAdapter(), new MysqlQueryCompiler()),
  open: openByProtocol,
} as const satisfies EngineProfile;
