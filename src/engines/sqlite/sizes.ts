/** Sizes of an SQLite file: what each table and index really takes, page by page, or about, by a sample. */
import { statSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import { biggestFirst } from '../counting.ts';
import type { DatabaseSize, SizeDepth, TableSize } from '../sizes.ts';
import { tableNames } from './introspection.ts';
import { estimatedSizes } from './size-estimate.ts';

/** A file up to this size is read in some tens of milliseconds; in bytes. */
const SMALL = 16 * 1024 * 1024;
/** Where somebody has all of the file to himself, there is nothing else to be had meanwhile; in milliseconds. */
const PATIENCE_MS = 250;

/**
 * Exact sizes take as long as reading the file (`dbstat` knows no shortcut), so that tables of a large one are estimated
 * unless `full` ones are asked for. Source: https://www.sqlite.org/dbstat.html
 */
export async function sizes(
  db: Kysely<unknown>,
  file: string,
  depth: SizeDepth = 'full',
): Promise<DatabaseSize> {
  const files = filesOf(file);
  // The index of the WAL beside it is memory of the processes that use it.
  const totalBytes = files.reduce((sum, { path, bytes }) => sum + (path.endsWith('-shm') ? 0 : bytes), 0);
  const whole = { totalBytes, files, freeIs: 'exact' as const };
  try {
    return await waitingBriefly(db, async (session) => {
      const { page, pages, free } = await pagesOf(session);
      const rest = { ...whole, freeBytes: page * free };
      if (depth === 'full' || totalBytes <= SMALL)
        return { ...rest, tables: biggestFirst(await exactSizes(session)), unmeasured: [], notes: [] };
      const { tables, costly } = await estimatedSizes(session, {
        pageSize: page,
        usedBytes: page * (pages - free),
      });
      const unmeasured = costly.map((name) => ({ name, why: 'costly' as const }));
      return { ...rest, tables: biggestFirst(tables), unmeasured, notes: [ESTIMATED] };
    });
  } catch (error) {
    if (!isMultiFlexiError(error, 'LOCK_TIMEOUT')) throw error;
    return { ...whole, freeBytes: null, tables: [], unmeasured: [], notes: [HELD] };
  }
}

const ESTIMATED =
  'Tables are estimated from a sample of their rows: exact sizes take as long as reading the whole file.';
const HELD = 'Another process holds the whole file exclusively: nothing but the size of its files is known.';

async function exactSizes(db: Kysely<unknown>): Promise<TableSize[]> {
  const { rows } = await sql<{
    table: string;
    isTable: bigint;
    bytes: bigint;
    overflow: bigint;
    unused: bigint;
  }>`
    with tree as materialized (
      select name, sum(pgsize) as bytes, sum(iif(pagetype = 'overflow', pgsize, 0)) as overflow, sum(unused) as unused
      from dbstat group by name
    )
    select coalesce(m.tbl_name, s.name) as "table", coalesce(m.type = 'table', 1) as "isTable",
           s.bytes, s.overflow, s.unused
    from tree as s left join sqlite_schema as m on m.name = s.name`.execute(db);
  const parts = Map.groupBy(rows, (row) => row.table);
  const tables: TableSize[] = [];
  for (const [name, count] of await rowCounts(db)) {
    const own = parts.get(name) ?? [];
    const sum = (pick: (row: (typeof rows)[number]) => bigint) =>
      Number(own.reduce((total, row) => total + pick(row), 0n));
    const overflowBytes = sum((row) => (row.isTable ? row.overflow : 0n));
    const dataBytes = sum((row) => (row.isTable ? row.bytes - row.overflow : 0n));
    const indexBytes = sum((row) => (row.isTable ? 0n : row.bytes));
    tables.push({
      name,
      rows: count,
      rowsExact: true,
      dataBytes,
      indexBytes,
      overflowBytes,
      totalBytes: dataBytes + indexBytes + overflowBytes,
      bytesExact: true,
      freeBytes: sum((row) => row.unused),
    });
  }
  return tables;
}

/** How many `select`s SQLite takes in one statement is limited. */
const TABLES_TOGETHER = 200;

async function rowCounts(db: Kysely<unknown>): Promise<ReadonlyMap<string, number>> {
  const names = await tableNames(db);
  const counts = new Map<string, number>();
  for (let first = 0; first < names.length; first += TABLES_TOGETHER) {
    const each = names
      .slice(first, first + TABLES_TOGETHER)
      .map((name) => sql`select ${name} as name, (select count(*) from ${sql.table(name)}) as n`);
    const { rows } = await sql<{ name: string; n: bigint }>`${sql.join(each, sql` union all `)}`.execute(db);
    for (const { name, n } of rows) counts.set(name, Number(n));
  }
  return counts;
}

/** What the file's header says. */
async function pagesOf(db: Kysely<unknown>): Promise<{ page: number; pages: number; free: number }> {
  const { rows } = await sql<{ page_size: bigint; page_count: bigint; freelist_count: bigint }>`
    select page_size, page_count, freelist_count
    from pragma_page_size, pragma_page_count, pragma_freelist_count`.execute(db);
  const [row] = rows;
  return {
    page: Number(row?.page_size ?? 0n),
    pages: Number(row?.page_count ?? 0n),
    free: Number(row?.freelist_count ?? 0n),
  };
}

async function waitingBriefly<T>(
  db: Kysely<unknown>,
  work: (session: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  return db.connection().execute(async (session) => {
    const { rows } = await sql<{ timeout: bigint }>`pragma busy_timeout`.execute(session);
    await sql`pragma busy_timeout = ${sql.lit(PATIENCE_MS)}`.execute(session);
    try {
      return await work(session);
    } finally {
      await sql`pragma busy_timeout = ${sql.lit(Number(rows[0]?.timeout ?? 0n))}`.execute(session);
    }
  });
}

function filesOf(file: string): { path: string; bytes: number }[] {
  return [file, `${file}-wal`, `${file}-shm`].flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found ? [{ path, bytes: found.size }] : [];
  });
}
