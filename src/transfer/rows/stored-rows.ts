/** Reads rows whose large values stay in the database until they are asked for, piece by piece. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { LARGE_VALUE, LargeValue } from '../row-stream/large-value.ts';
import { canBePieced } from '../row-stream/pieces.ts';
import type { Row } from '../row-stream/values.ts';

/** What a query of rows selects, beside anything else. */
export function selection(engine: Engine, { columns }: RowStreamTable): RawBuilder<unknown> {
  return sql.join(
    columns.flatMap((column, place) => {
      const value = sql.ref(column.name);
      if (!canBePieced(column)) return [value];
      const bytes = sql`octet_length(${engine.asText(column.name, column.type)})`;
      const isLarge = sql`${bytes} > ${sql.lit(LARGE_VALUE)}`;
      return [
        sql`case when ${isLarge} then null else ${value} end as ${value}`,
        sql`case when ${isLarge} then ${bytes} else 0 end as ${sql.ref(sizeOf(place))}`,
      ];
    }),
  );
}

/**
 * A row of such a query.
 * @param locked whether the pieces are read under a lock: else the transaction has to be of one moment
 */
export function storedRow(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  record: Readonly<Record<string, unknown>>,
  locked: boolean,
): Row {
  return table.columns.map(({ name }, place) => {
    const bytes = Number(record[sizeOf(place)] ?? 0);
    return bytes > 0 ? storedValue(engine, db, { table, record, place, bytes, locked }) : record[name];
  });
}

interface StoredValue {
  readonly table: RowStreamTable;
  readonly record: Readonly<Record<string, unknown>>;
  readonly place: number;
  readonly bytes: number;
  readonly locked: boolean;
}

function storedValue(engine: Engine, db: Kysely<unknown>, value: StoredValue): LargeValue {
  const { table, record, place, bytes, locked } = value;
  const { name = '', type = '' } = table.columns[place] ?? {};
  const isRow = sql.join(
    table.key.map((part) => sql`${sql.ref(part)} = ${record[part]}`),
    sql` and `,
  );
  const locks = locked && engine.capabilities.rowLocks;
  return new LargeValue(bytes, undefined, () =>
    engine.largeValues.read(db, { table: table.name, column: name, type, isRow, bytes, locks }),
  );
}

/** No column of a table is called like that. */
function sizeOf(place: number): string {
  return `bytes of ${place}`;
}
