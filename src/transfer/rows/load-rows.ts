/** Loads rows into tables that have none of them yet, by the engine's bulk path. */
import { type Kysely, sql } from 'kysely';
import type { BulkValue, Engine } from '../../engines/index.ts';
import { type Fence, fencedTransaction } from '../../leases/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import type { Row } from '../row-stream/values.ts';
import { insertRows } from './insert-rows.ts';
import { SharedRows } from './shared-rows.ts';

export interface LoadingOptions {
  /** Ends the work; rows that are committed are kept. */
  readonly signal?: AbortSignal | undefined;
  /** Held by each transaction that writes. */
  readonly fence?: Fence | undefined;
  /** How many rows of the table are committed. */
  readonly onRows?: ((rows: number) => void) | undefined;
  /** Columns that are left empty for now, as what they refer to comes later; {@link fillLater} fills them. */
  readonly later?: readonly string[] | undefined;
}

/**
 * In transactions of bounded size, with the ids that the rows have; memory is bounded by bytes, as large values are handed
 * over in pieces. The table has none of their keys. Several calls for parts of one table may run at once, each on a connection of
 * its own (SQLite: one after the other, a transaction at a time). Next ids are caught up at the end.
 * @param table as the database has it: its columns, with their types
 * @returns how many rows were loaded
 * @throws CONSTRAINT and others of the database; TOO_LARGE; what the source throws
 */
export async function loadRows(
  engine: Engine,
  table: RowStreamTable,
  source: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  options: LoadingOptions = {},
): Promise<number> {
  const { signal, fence, onRows, later = [] } = options;
  const empty = placesOf(table, later);
  const reading = new Rows(source, empty, signal);
  let loaded = 0;
  while (!(await reading.atEnd())) {
    const before = loaded;
    const large = reading.large();
    if (large) {
      await fencedTransaction(engine, { fence, signal }, (db: Kysely<unknown>) =>
        insertRows(engine, db, table, [large]),
      );
      onRows?.(++loaded);
      continue;
    }
    loaded += await engine.bulkLoad({
      table: table.name,
      columns: table.columns.map(({ name }) => name),
      rows: reading.small(),
      inTransaction: (db) => begin(db, options),
      onProgress: (rows) => onRows?.(before + rows),
    });
  }
  await engine.catchUpIdentity(table.name);
  return loaded;
}

/** How many connections load a table: one is written while another is read, where statements do not block this process. */
export function loadsAtOnce({ capabilities }: Engine): number {
  return capabilities.statementsBlock ? 1 : 2;
}

/**
 * As {@link loadRows}, by several connections at once; rows are in no order then.
 * @throws what the first one has failed by, when all have ended
 */
export async function loadSharedRows(
  engine: Engine,
  table: RowStreamTable,
  source: AsyncIterable<readonly Row[]>,
  options: Omit<LoadingOptions, 'onRows'>,
): Promise<void> {
  const shared = new SharedRows(source);
  const failures: unknown[] = [];
  const load = () =>
    loadRows(engine, table, shared.part(), options).catch((error: unknown) => {
      failures.push(error);
      shared.end();
    });
  await Promise.all(Array.from({ length: loadsAtOnce(engine) }, load));
  if (failures.length > 0) throw failures[0];
}

async function begin(db: Kysely<unknown>, { signal, fence }: LoadingOptions): Promise<void> {
  signal?.throwIfAborted();
  fence?.signal.throwIfAborted();
  await fence?.hold(db);
}

/**
 * Fills the columns that were left empty, when all rows are there that they refer to.
 * @param source the same rows once more
 */
export async function fillLater(
  engine: Engine,
  table: RowStreamTable,
  source: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  { later = [], ...options }: LoadingOptions,
): Promise<void> {
  const places = placesOf(table, later);
  const keys = placesOf(table, table.key);
  const nameOf = (place: number) => sql.ref(table.columns[place]?.name ?? '');
  for await (const rows of source) {
    const filled = rows.filter((row) => places.some((place) => (row[place] ?? null) !== null));
    if (filled.length > 0)
      await fencedTransaction(engine, options, async (db: Kysely<unknown>) => {
        for (const row of filled) {
          const set = sql.join(places.map((place) => sql`${nameOf(place)} = ${row[place]}`));
          const isRow = sql.join(
            keys.map((place) => sql`${nameOf(place)} = ${row[place]}`),
            sql` and `,
          );
          await sql`update ${sql.table(table.name)} set ${set} where ${isRow}`.execute(db);
        }
      });
    options.signal?.throwIfAborted();
  }
}

function placesOf({ columns }: Pick<RowStreamTable, 'columns'>, names: readonly string[]): number[] {
  return names.map((wanted) => columns.findIndex(({ name }) => name === wanted));
}

/** Rows as two kinds of statements take them: many without large values, and one that has some. */
class Rows {
  private readonly source: AsyncIterator<readonly Row[]> | Iterator<readonly Row[]>;
  private readonly empty: readonly number[];
  private readonly signal: AbortSignal | undefined;
  private rows: readonly Row[] = [];
  private place = 0;

  constructor(
    source: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
    empty: readonly number[],
    signal: AbortSignal | undefined,
  ) {
    this.source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.empty = empty;
    this.signal = signal;
  }

  async atEnd(): Promise<boolean> {
    while (this.place >= this.rows.length) {
      this.signal?.throwIfAborted();
      const next = await this.source.next();
      if (next.done) return true;
      this.rows = next.value;
      this.place = 0;
    }
    return false;
  }

  /** Up to the next row with a large value. */
  async *small(): AsyncGenerator<readonly (readonly BulkValue[])[]> {
    while (!(await this.atEnd())) {
      const large = this.rows.findIndex((row, place) => place >= this.place && hasLarge(row));
      const end = large === -1 ? this.rows.length : large;
      if (end === this.place) return;
      const rows = this.rows.slice(this.place, end);
      this.place = end;
      yield rows.map((row) => this.shown(row)) as readonly (readonly BulkValue[])[];
    }
  }

  /** The next row, if it has a large value; asked when {@link atEnd} has looked for one. */
  large(): Row | undefined {
    const row = this.rows[this.place];
    if (!row || !hasLarge(row)) return undefined;
    this.place++;
    return this.shown(row);
  }

  private shown(row: Row): Row {
    return this.empty.length === 0
      ? row
      : row.map((value, place) => (this.empty.includes(place) ? null : value));
  }
}

function hasLarge(row: Row): boolean {
  return row.some((value) => value instanceof LargeValue);
}
