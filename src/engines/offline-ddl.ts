/** The SQL of every engine without a database: for documents, and for what must hold on all of them. */
import {
  type DialectAdapter,
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresQueryCompiler,
  type QueryCompiler,
  SqliteAdapter,
  SqliteQueryCompiler,
} from 'kysely';
import { type Ddl, type DdlWords, kyselyDdl } from './ddl.ts';
import type { EngineName } from './engine.ts';
import { MARIADB_COLLATION, MYSQL_COLLATION, mysqlWords } from './mysql/types.ts';
import { POSTGRESQL_WORDS } from './postgresql/types.ts';
import { SQLITE_WORDS } from './sqlite/types.ts';

export function offlineDdl(): ReadonlyMap<EngineName, Ddl> {
  const mysql = (name: EngineName, collation: string) =>
    offline(mysqlWords(name, collation), new MysqlAdapter(), new MysqlQueryCompiler());
  return new Map<EngineName, Ddl>([
    ['sqlite', offline(SQLITE_WORDS, new SqliteAdapter(), new SqliteQueryCompiler())],
    ['mysql', mysql('mysql', MYSQL_COLLATION)],
    ['mariadb', mysql('mariadb', MARIADB_COLLATION)],
    ['postgresql', offline(POSTGRESQL_WORDS, new PostgresAdapter(), new PostgresQueryCompiler())],
  ]);
}

function offline(words: DdlWords, adapter: DialectAdapter, compiler: QueryCompiler): Ddl {
  const dialect = {
    createAdapter: () => adapter,
    createDriver: () => new DummyDriver(),
    createIntrospector: (db: Kysely<unknown>) => new MysqlIntrospector(db),
    createQueryCompiler: () => compiler,
  };
  return kyselyDdl(new Kysely<unknown>({ dialect }), words);
}
