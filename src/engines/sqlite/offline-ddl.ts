import { SqliteAdapter, SqliteQueryCompiler } from 'kysely';
import type { Ddl } from '../contract/ddl.ts';
import { offlineDdl } from '../ddl/kysely-ddl.ts';
import { SQLITE_DDL } from './types.ts';

export function ddlWithoutDatabase(): Ddl {
  return offlineDdl(SQLITE_DDL, new SqliteAdapter(), new SqliteQueryCompiler());
}
