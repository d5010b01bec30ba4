import { PostgresAdapter, PostgresQueryCompiler } from 'kysely';
import type { Ddl } from '../contract/ddl.ts';
import { offlineDdl } from '../ddl/kysely-ddl.ts';
import { POSTGRESQL_DDL } from './types.ts';

export function ddlWithoutDatabase(): Ddl {
  return offlineDdl(POSTGRESQL_DDL, new PostgresAdapter(), new PostgresQueryCompiler());
}
