/** From table definitions to an engine's SQL: one compiler on Kysely's schema builder for all dialects. Nothing here runs a statement. */
import { type DialectAdapter, DummyDriver, Kysely, MysqlIntrospector, type QueryCompiler } from 'kysely';
import type { Ddl } from '../contract/ddl.ts';
import { addColumn, dropColumn } from './columns.ts';
import type { Compiler, DdlDialect } from './dialect.ts';
import { createIndex, dropIndex } from './indexes.ts';
import { rewriteChecks, rewriteRows, writtenCheck } from './rewrites.ts';
import { createTable, dropTable } from './tables.ts';

export function kyselyDdl(db: Kysely<unknown>, dialect: DdlDialect): Ddl {
  const compiler: Compiler = { db, dialect };
  return {
    engine: dialect.engine,
    createTable: (table) => createTable(compiler, table),
    dropTable: (table) => dropTable(compiler, table),
    addColumn: (table, column) => addColumn(compiler, table, column),
    dropColumn: (table, column) => dropColumn(compiler, table, column),
    createIndex: (index, filled) => createIndex(compiler, index, filled),
    dropIndex: (index) => dropIndex(compiler, index),
    rewriteChecks: (table, columns) => rewriteChecks(compiler, table, columns),
    rewriteRows: (table) => rewriteRows(compiler, table),
    writtenCheck: (column) => writtenCheck(compiler, column),
  };
}

/** The same without a database: for documents, and for what must hold on all engines. */
export function offlineDdl(dialect: DdlDialect, adapter: DialectAdapter, compiler: QueryCompiler): Ddl {
  const db = new Kysely<unknown>({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => new DummyDriver(),
      // Kysely wants one; nobody asks it anything.
      createIntrospector: (database: Kysely<unknown>) => new MysqlIntrospector(database),
      createQueryCompiler: () => compiler,
    },
  });
  return kyselyDdl(db, dialect);
}
