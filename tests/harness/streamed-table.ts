/** A table with the columns that a test needs, as an engine makes it and as a row stream has it. */
import { sql } from 'kysely';
import { typeWord } from '../../src/engines/definition.ts';
import type { BulkValue, Engine, LogicalType, TableDefinition } from '../../src/engines/index.ts';
import type { RowStreamTable } from '../../src/transfer/row-stream/format.ts';

/** Behind the key, which is `id`. */
export type Types = Readonly<Record<string, LogicalType>>;

export function streamedTable(name: string, types: Types): RowStreamTable {
  const columns = definitionOf(name, types).columns.map((column) => ({
    name: column.name,
    type: typeWord(column.type),
  }));
  return { name, key: ['id'], columns };
}

export async function makeTable(
  engine: Engine,
  name: string,
  types: Types,
  rows: Iterable<readonly BulkValue[]>,
): Promise<void> {
  for (const statement of engine.ddl.createTable(definitionOf(name, types)))
    await sql.raw(statement.sql).execute(engine.kysely());
  await engine.bulkLoad({ table: name, columns: ['id', ...Object.keys(types)], rows });
}

function definitionOf(name: string, types: Types): TableDefinition {
  const id = { name: 'id', type: { kind: 'bigint' }, comment: 'key', nullable: false } as const;
  const others = Object.entries(types).map(([column, type]) => ({
    name: column,
    type,
    comment: column,
    nullable: true,
  }));
  return { name, comment: 'rows of every kind', primaryKey: ['id'], columns: [id, ...others] };
}
