/**
 * Rows as the lines of a row stream, written by the database where it can: a page of them comes as one text, of which no strings
 * are made. What such a line cannot tell is left to whoever reads the rows themselves.
 */
import { isUtf8 } from 'node:buffer';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine, RowLines } from '../../engines/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { isBulky, kindOf } from '../row-stream/values.ts';
import { all, inRange, type KeyRange, sizeOf } from './read-rows.ts';

/** A row with larger values is read by itself, in bytes: it bounds what a page takes. */
const SMALL_ROW = 8 * 1024;
/** Rows of a page: the first one has so many, the others as many as take about so many bytes. */
const FIRST_ROWS = 100;
const MOST_ROWS = 2_000;
const LEAST_ROWS = 50;
const PAGE_BYTES = 384 * 1024;
const LARGEST_ID = 9_223_372_036_854_775_807n;

export interface LinePage {
  /** The lines of the rows that have one, in UTF-8, with a break between them; null without any. */
  readonly text: Buffer | null;
  /** The ids of the others: they are large, or have a value that not every engine takes. */
  readonly left: readonly bigint[];
  /** Whether texts are UTF-8; where they may not be, none of the rows has a line, and the rows themselves tell. */
  readonly isFaithful: boolean;
  /** How many rows it has in all. */
  readonly count: number;
  /** The largest of their ids; null without rows. */
  readonly last: bigint | null;
}

/** Rows that came without a line. */
export interface LeftRows {
  readonly range: KeyRange;
  /** Which of them; undefined for all. */
  readonly where: RawBuilder<unknown> | undefined;
}

export class LinePages {
  private readonly engine: Engine;
  private readonly lines: RowLines;
  private readonly query: RawBuilder<unknown>;
  private readonly id: string;

  /** @returns undefined for a table whose rows are read themselves */
  static of(engine: Engine, table: RowStreamTable): LinePages | undefined {
    const { rowLines } = engine;
    if (!rowLines) return undefined;
    const [id, ...more] = table.key;
    const key = table.columns.find(({ name }) => name === id);
    if (!key || more.length > 0 || kindOf(key) !== 'bigint') return undefined;
    const areAsTheyAre = table.columns.every((column) => isAsItIs(kindOf(column), rowLines));
    return areAsTheyAre ? new LinePages(engine, table, rowLines, key.name) : undefined;
  }

  private constructor(engine: Engine, { name, columns }: RowStreamTable, lines: RowLines, id: string) {
    this.engine = engine;
    this.lines = lines;
    this.id = id;
    const isSmall = sql`${sizeOf(engine, columns.filter(isBulky))} <= ${sql.lit(SMALL_ROW)}`;
    const line = sql`case when ${isSmall} and ${lines.isProper(columns)} then ${lines.line(columns)} end`;
    this.query = sql`select ${sql.ref(id)} as id, ${line} as line from ${sql.table(name)}`;
  }

  /** @param which what stands behind the table's name: conditions, an order, a limit */
  async read(db: Kysely<unknown>, which: RawBuilder<unknown>): Promise<LinePage> {
    const { joined } = this.lines;
    const { rows } = await sql<TakenPage>`
      select ${joined(sql`line`)} as lines, ${joined(sql`case when line is null then id end`)} as left_ids,
        count(*) as n, max(id) as last
      from (${this.query} ${which}) as page`.execute(db);
    const [{ lines, left_ids, n, last }] = rows as [TakenPage];
    const text = typeof lines === 'string' ? Buffer.from(lines) : lines;
    // Where a text keeps any bytes. A replacement character may be one of the row's own: then it costs a look at the rows.
    const isFaithful =
      this.engine.bytesOfText === null ||
      (typeof lines === 'string' ? !lines.includes('\uFFFD') : !text || isUtf8(text));
    return {
      text: isFaithful ? text : null,
      left: left_ids === null ? [] : String(left_ids).split('\n').map(BigInt),
      isFaithful,
      count: Number(n),
      last,
    };
  }

  /** All of a range, in the order of their ids. @param db one session, in a transaction of one moment */
  async *inRange(
    db: Kysely<unknown>,
    range: KeyRange,
  ): AsyncGenerator<{ readonly text: Buffer | null; readonly left: LeftRows | null }> {
    let { first } = range;
    for (let limit = FIRST_ROWS; ; ) {
      const conditions = all(inRange([this.id], { first, last: range.last }));
      const page = await this.read(
        db,
        sql`${conditions} order by ${sql.ref(this.id)} limit ${sql.lit(limit)}`,
      );
      const { text, count, last } = page;
      if (last === null) return;
      yield { text, left: this.leftOf(page, { first, last: [last] }) };
      if (count < limit || last === range.last?.[0] || last === LARGEST_ID) return;
      first = [last + 1n];
      limit = rowsAfter(count, text?.length ?? 0);
    }
  }

  private leftOf({ left, isFaithful }: LinePage, range: KeyRange): LeftRows | null {
    if (!isFaithful) return { range, where: undefined };
    if (left.length === 0) return null;
    return { range: { first: null, last: null }, where: this.engine.among(this.id, left) };
  }
}

interface TakenPage {
  readonly lines: Buffer | string | null;
  readonly left_ids: Buffer | string | null;
  readonly n: unknown;
  readonly last: bigint | null;
}

/** Whether the line has such a value as a row stream has it. The digest of a row is of its JSON in canonical form, which no database writes. */
function isAsItIs(kind: ReturnType<typeof kindOf>, { bytes }: RowLines): boolean {
  if (kind === undefined || kind === 'json') return false;
  return kind !== 'binary' || bytes === 'base64';
}

function rowsAfter(count: number, bytes: number): number {
  return Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.round((PAGE_BYTES * count) / (bytes + 1))));
}
