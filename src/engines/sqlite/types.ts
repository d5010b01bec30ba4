/** What our types are in SQLite, and the checks that make them mean what they mean on a server. */
import { type RawBuilder, sql } from 'kysely';
import type { DdlDialect, TextEdit } from '../ddl/dialect.ts';
import { literal } from '../ddl/literal.ts';
import type { ColumnDefinition, LogicalType } from '../definition.ts';
import { comparable } from './table-text.ts';

export const SQLITE_DDL: DdlDialect = {
  engine: 'sqlite',
  columnType,
  identityType: 'integer',
  // AUTOINCREMENT: an id is never given twice, even after the newest rows were pruned.
  identity: (column) => column.primaryKey().autoIncrement().notNull(),
  now: `(strftime('%Y-%m-%d %H:%M:%f000', 'now'))`,
  check,
  firstRelease: { check: checkOfFirstRelease },
  editChecks,
  comparableCheck: comparable,
  comments: 'none',
  tableOptions: undefined,
  referenceInAddColumn: true,
  dropColumnTakes: { index: false, foreignKey: true },
  indexBelongsToTable: false,
  concurrentIndexes: false,
  costs: {
    // One writer at a time: whatever writes keeps all other writers waiting; readers go on beside it (WAL).
    addColumn: { blocks: 'writes', work: 'a moment' },
    dropColumn: { blocks: 'writes', work: 'rewrites all rows' },
    createIndex: { blocks: 'writes', work: 'reads all rows' },
    addForeignKey: { blocks: 'writes', work: 'a moment' },
  },
};

function columnType(type: LogicalType): string {
  switch (type.kind) {
    case 'bigint':
      return 'bigint';
    case 'integer':
      return 'int';
    case 'boolean':
      return 'boolean';
    case 'string':
      return `varchar(${type.length})`;
    case 'text':
      return 'text';
    case 'json':
      return 'json_text';
    case 'datetime':
      return 'datetime_text';
    case 'binary':
      return 'blob';
  }
}

/**
 * Before SQLite 3.45, json_valid(NULL) is 0, not NULL: such a library refuses the NULLs that a newer one has let in, and
 * calls the file damaged. Source: https://www.sqlite.org/json1.html#jvalid
 */
function check(column: ColumnDefinition): RawBuilder<boolean> | undefined {
  const first = checkOfFirstRelease(column);
  return column.type.kind === 'json' && column.nullable
    ? sql<boolean>`${sql.ref(column.name)} is null or ${first}`
    : first;
}

/** SQLite stores anything in any column unless it is told not to. A check on NULL is not false, so NULL passes. */
function checkOfFirstRelease({ name, type, identity }: ColumnDefinition): RawBuilder<boolean> | undefined {
  if (identity) return undefined;
  const column = sql.ref(name);
  switch (type.kind) {
    case 'bigint':
      return sql`typeof(${column}) in ('integer', 'null')`;
    case 'integer':
      return sql`typeof(${column}) in ('integer', 'null') and ${column} between -2147483648 and 2147483647`;
    case 'boolean':
      return sql`${column} in (0, 1)`;
    case 'string':
      return sql`typeof(${column}) in ('text', 'null') and length(${column}) <= ${sql.lit(type.length)}`;
    case 'json':
      return sql`json_valid(${column})`;
    case 'datetime':
      return sql`${column} glob '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]'`;
    case 'text':
      return sql`typeof(${column}) in ('text', 'null')`;
    case 'binary':
      return sql`typeof(${column}) in ('blob', 'null')`;
  }
}

/** Run within `editingSchema` (schema-text.ts). */
function editChecks(table: string, edits: readonly TextEdit[]): RawBuilder<unknown> {
  const text = edits.reduce<RawBuilder<unknown>>(
    (inner, { before, now }) => sql`replace(${inner}, ${literal(before)}, ${literal(now)})`,
    sql`sql`,
  );
  return sql`update sqlite_schema set sql = ${text} where type = 'table' and name = ${literal(table)}`;
}
