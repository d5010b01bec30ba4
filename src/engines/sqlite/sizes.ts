/** Sizes of an SQLite file, from `dbstat`: what each table and index really takes, page by page. */
import { statSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import { biggestFirst, countRows } from '../counting.ts';
import type { DatabaseSize, TableSize } from '../engine.ts';
import { tableNames } from './introspection.ts';

/**
 * Reads every page of the file once (`dbstat` knows no shortcut), so it takes as long as reading the file.
 * Source: https://www.sqlite.org/dbstat.html
 */
export async function sizes(db: Kysely<unknown>, file: string): Promise<DatabaseSize> {
  const { rows } = await sql<{ table: string; isTable: bigint; bytes: bigint; unused: bigint }>`
    select coalesce(m.tbl_name, s.name) as "table", coalesce(m.type = 'table', 1) as "isTable",
           s.pgsize as bytes, s.unused
    from dbstat as s left join sqlite_schema as m on m.name = s.name
    where s.aggregate = true`.execute(db);
  const parts = Map.groupBy(rows, (row) => row.table);
  const tables: TableSize[] = [];
  for (const name of await tableNames(db)) {
    const own = parts.get(name) ?? [];
    const sum = (pick: (row: (typeof rows)[number]) => bigint) =>
      Number(own.reduce((total, row) => total + pick(row), 0n));
    const dataBytes = sum((row) => (row.isTable ? row.bytes : 0n));
    const indexBytes = sum((row) => (row.isTable ? 0n : row.bytes));
    tables.push({
      name,
      rows: await countRows(db, name),
      rowsExact: true,
      dataBytes,
      indexBytes,
      totalBytes: dataBytes + indexBytes,
      freeBytes: sum((row) => row.unused),
    });
  }
  const { rows: file_ } = await sql<{ page_size: bigint; freelist_count: bigint }>`
    select page_size, freelist_count from pragma_page_size, pragma_freelist_count`.execute(db);
  return {
    tables: biggestFirst(tables),
    totalBytes: bytesOf(file) + bytesOf(`${file}-wal`),
    freeBytes: Number((file_[0]?.page_size ?? 0n) * (file_[0]?.freelist_count ?? 0n)),
  };
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
