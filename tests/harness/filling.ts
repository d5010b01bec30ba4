/** Rows for every table of a schema model, of every type, whatever the tables are. */
import type { BulkValue, Engine } from '../../src/engines/index.ts';
import { expectedTables, type Migration, modelOf, type TableModel } from '../../src/migrations/index.ts';

export const ROWS_EACH = 4;

/** Fills the tables that are empty; a row refers to the rows of the same number, every other column has a value. */
export async function fillTables(engine: Engine, migrations: readonly Migration[]): Promise<void> {
  const left = new Set(modelOf(migrations).values());
  while (left.size > 0) {
    const waiting = new Set([...left].map(({ name }) => name));
    for (const table of left) {
      if (table.columns.some(({ references }) => references && waiting.has(references.table))) continue;
      left.delete(table);
      await fillTable(engine, table);
    }
  }
}

async function fillTable(engine: Engine, table: TableModel): Promise<void> {
  const { name, columns } = table;
  const present = await engine
    .kysely<Record<string, { id: bigint }>>()
    .selectFrom(name)
    .select('id')
    .execute();
  if (present.length > 0) return;
  await engine.bulkLoad({
    table: name,
    columns: columns.map((column) => column.name),
    rows: Array.from({ length: ROWS_EACH }, (_, index) => rowOf(table, index + 1)),
  });
}

/** The tables that these migrations make, by name. */
export function tablesOf(engine: Engine, migrations: readonly Migration[]): string[] {
  return expectedTables(engine, migrations).map(({ name }) => name);
}

function rowOf({ columns }: TableModel, number: number): BulkValue[] {
  return columns.map(({ name, type, identity, references, oneOf }) => {
    if (identity || references) return BigInt(number);
    if (oneOf) return oneOf[number % oneOf.length] ?? null;
    switch (type.kind) {
      case 'bigint':
        return BigInt(number);
      case 'integer':
        return number;
      case 'boolean':
        return number % 2 === 0;
      case 'string':
        return `${number} ${name} č`.slice(0, type.length);
      case 'text':
        return `${number} ${name}\n🏦`;
      case 'json':
        return JSON.stringify({ number, name });
      case 'datetime':
        return `2026-01-0${number} 10:00:00.00000${number}`;
      case 'binary':
        return Buffer.from([0, 255, number]);
      default:
        throw new Error(`no value for ${JSON.stringify(type)}`);
    }
  });
}
