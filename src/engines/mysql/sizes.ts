/** Sizes on MySQL and MariaDB: the page's query, with what is free inside each table. */
import { type Kysely, sql } from 'kysely';
import { biggestFirst } from '../counting.ts';
import type { DatabaseSize } from '../engine.ts';

interface SizeRow {
  name: string;
  row_count: bigint | null;
  data_bytes: bigint | null;
  index_bytes: bigint | null;
  free_bytes: bigint | null;
}

/** InnoDB's own statistics: cheap, and as fresh as its last look at the table (it looks after a tenth changed). */
export async function sizes(db: Kysely<unknown>): Promise<DatabaseSize> {
  const { rows } = await sql<SizeRow>`
    select table_name as name, table_rows as row_count, data_length as data_bytes,
           index_length as index_bytes, data_free as free_bytes
    from information_schema.tables
    where table_schema = database() and table_type = 'BASE TABLE'`.execute(db);
  const tables = biggestFirst(
    rows.map((row) => {
      const dataBytes = Number(row.data_bytes ?? 0);
      const indexBytes = Number(row.index_bytes ?? 0);
      return {
        name: row.name,
        rows: Number(row.row_count ?? 0),
        rowsExact: false,
        dataBytes,
        indexBytes,
        totalBytes: dataBytes + indexBytes,
        freeBytes: row.free_bytes === null ? null : Number(row.free_bytes),
      };
    }),
  );
  const sum = (pick: (table: (typeof tables)[number]) => number) =>
    tables.reduce((total, table) => total + pick(table), 0);
  const freeBytes = sum((table) => table.freeBytes ?? 0);
  return { tables, totalBytes: sum((table) => table.totalBytes) + freeBytes, freeBytes };
}
