/** The rows of an export, read from sessions that all see the database at one moment. */
import type { Kysely, RawBuilder } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { collectStreamed } from '../../system/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import type { Row } from '../row-stream/values.ts';
import { requireFaithful } from '../rows/faithful.ts';
import { LinePages } from '../rows/line-pages.ts';
import { type KeyRange, keyRanges, readRows } from '../rows/read-rows.ts';
import { isPieced } from '../rows/restorable.ts';
import { streamTableOf } from '../rows/stream-table.ts';
import { type CompanyTable, companyRows } from './company-rows.ts';
import { CompanyWitness } from './company-witness.ts';
import type { Company, ExportTables } from './selection.ts';

/** Rows of a table that one reader takes at a time. A condition is asked of so many: its cost is bounded by that. */
const RANGE_ROWS = 20_000;

/** The next page is on its way while one is written; not while large values of it are still to be read from the same session. */
async function* readAhead(pages: AsyncGenerator<ExportPage>): AsyncGenerator<ExportPage> {
  let next = pages.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      const isAlone = value.rows.some(isPieced);
      if (!isAlone) {
        next = pages.next();
        // Told to whoever waits for it; until then it is no rejection that nobody handles.
        next.catch(() => {});
      }
      yield value;
      if (isAlone) next = pages.next();
    }
  } finally {
    await next.catch(() => {});
    await pages.return(undefined);
  }
}

/** About as much as a driver has received outside of V8's heap. */
function bytesIn(page: readonly Row[]): number {
  let bytes = 0;
  for (const row of page)
    for (const value of row) if (Buffer.isBuffer(value) || typeof value === 'string') bytes += value.length;
  return bytes;
}

export interface ExportedTable {
  readonly name: string;
  readonly rows: number;
  readonly digest: string;
}

export interface ReadTable {
  readonly table: RowStreamTable;
  /** By the first session; in the order of the key, where no lines are wanted. */
  pages(): AsyncGenerator<ExportPage>;
  /** To be read by any of the sessions. */
  ranges(): AsyncGenerator<KeyRange>;
  pagesOf(session: Kysely<unknown>, range: KeyRange): AsyncGenerator<ExportPage>;
}

export interface ExportPage {
  /** Lines of a row stream as the database has written them, with a break in between; only where lines are wanted. */
  readonly text: Buffer | null;
  readonly rows: readonly Row[];
}

export interface ExportReading {
  readonly engine: Engine;
  readonly sessions: readonly Kysely<unknown>[];
  /** In the order in which they are written. */
  readonly tables: readonly ReadTable[];
  /** To be told each row as it was written. @throws VERIFICATION_FAILED for one that may not be in the export */
  onRow(table: RowStreamTable, row: Row): void;
  /** To be told how many more rows, and how many bytes in all, were written. */
  onPage(rows: number, bytes: number): void;
}

export interface ReadingOptions {
  readonly company: { readonly company: Company; readonly tables: readonly CompanyTable[] } | null;
  /** Rows may come as lines, where the database writes them; never those of a company, each of which is looked at. */
  readonly asLines: boolean;
  readonly signal: AbortSignal;
  readonly onPage: (rows: number, bytes: number) => void;
}

/** @param sessions of one moment */
export async function exportReading(
  engine: Engine,
  sessions: readonly [Kysely<unknown>, ...Kysely<unknown>[]],
  { tables }: Pick<ExportTables, 'tables'>,
  { company, asLines, signal, onPage }: ReadingOptions,
): Promise<ExportReading> {
  const [first] = sessions;
  const conditions = company && (await companyRows(engine, first, company.tables, company.company.id));
  const witness = company && new CompanyWitness(company.company.id, company.tables);
  const read = (table: RowStreamTable): ReadTable => {
    const where: RawBuilder<unknown> | undefined = conditions?.get(table.name);
    const lines = asLines && !company ? LinePages.of(engine, table) : undefined;
    async function* rowsOf(
      session: Kysely<unknown>,
      range: KeyRange,
      condition = where,
    ): AsyncGenerator<ExportPage> {
      for await (const rows of readRows(engine, session, table, { range, where: condition, signal })) {
        await requireFaithful(engine, session, table, rows);
        yield { text: null, rows };
        collectStreamed(bytesIn(rows));
      }
    }
    async function* pagesOf(session: Kysely<unknown>, range: KeyRange): AsyncGenerator<ExportPage> {
      if (!lines) return yield* rowsOf(session, range);
      for await (const { text, left } of lines.inRange(session, range)) {
        signal.throwIfAborted();
        if (text) yield { text, rows: [] };
        if (left) yield* rowsOf(session, left.range, left.where);
      }
    }
    const ranges = () => keyRanges(first, table, RANGE_ROWS);
    async function* inOrder(): AsyncGenerator<ExportPage> {
      if (!where) yield* pagesOf(first, { first: null, last: null });
      else for await (const range of ranges()) yield* pagesOf(first, range);
    }
    const pages = () => readAhead(inOrder());
    return { table, pages, ranges, pagesOf };
  };
  return {
    engine,
    sessions,
    tables: tables.map((table) => read(streamTableOf(table))),
    onRow: (table, row) => witness?.see(table.name, row),
    onPage,
  };
}
