/**
 * Sums rows by lines that the database writes, where it can: many of them come as one value, which takes a fraction of the time that
 * their values take one by one. What such a line cannot tell is left to whoever reads the rows themselves.
 */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Engine, RowLines } from '../../engines/index.ts';
import { collectPassing } from '../../system/index.ts';
import { canonicalJson } from '../row-stream/canonical-json.ts';
import type { RowStreamColumn, RowStreamTable } from '../row-stream/format.ts';
import { DIGEST_BYTES, isBulky, kindOf, type RowDigest, RowSum } from '../row-stream/values.ts';
import type { LeftRows } from '../rows/line-pages.ts';
import { all, inRange, type KeyRange, sizeOf } from '../rows/read-rows.ts';
import { RowDigests } from './row-digests.ts';

/** Rows of a page: the first one has so many, the others as many as take about so many bytes. */
const FIRST_ROWS = 100;
const MOST_ROWS = 1_000;
const LEAST_ROWS = 50;
const PAGE_BYTES = 192 * 1024;
/** Rows of a page of which only digests come. */
const DIGESTED_ROWS = 4_000;
/** Rows up to so many bytes are summed so: it bounds what a page takes. */
const SMALL_ROW = 2 * 1024;

/** Columns whose part of a line is made together; those of which it needs another form are alone. */
interface Part {
  readonly kind: 'plain' | 'json' | 'hex';
  readonly columns: readonly RowStreamColumn[];
}

/** What takes digests of rows: their sum, or each of them with its key. */
export type DigestTaker = RowSum | RowDigests;

export interface SummedPage {
  readonly rows: number;
  /** Not summed. */
  readonly left: LeftRows | null;
}

export class LineSums {
  private readonly engine: Engine;
  private readonly table: RowStreamTable;
  private readonly lines: RowLines;
  private readonly parts: readonly Part[];
  private readonly id: string;
  /** Of lines that need nothing done to them, where the database takes them itself. */
  private readonly digests: RowLines['digests'];

  /** @returns undefined for a table whose rows are read themselves */
  static of(engine: Engine, table: RowStreamTable): LineSums | undefined {
    const { rowLines } = engine;
    const [id, ...more] = table.key;
    const key = table.columns.find(({ name }) => name === id);
    const isById = key && more.length === 0 && kindOf(key) === 'bigint';
    const areKnown = table.columns.every((column) => kindOf(column) !== undefined);
    return rowLines && isById && areKnown ? new LineSums(engine, table, rowLines, key.name) : undefined;
  }

  private constructor(engine: Engine, table: RowStreamTable, lines: RowLines, id: string) {
    this.engine = engine;
    this.table = table;
    this.lines = lines;
    this.id = id;
    this.parts = partsOf(table.columns, lines);
    this.digests = this.parts.every(({ kind }) => kind === 'plain') ? lines.digests : null;
  }

  /** Adds rows of the range, page by page. @param db one session, in a transaction of one moment */
  async *add(db: Kysely<unknown>, range: KeyRange, taker: DigestTaker): AsyncGenerator<SummedPage> {
    const id = sql.ref(this.id);
    const size = sizeOf(this.engine, this.table.columns.filter(isBulky));
    const isSmall = sql`${size} <= ${sql.lit(SMALL_ROW)}`;
    const written = this.parts.map(({ columns }) => this.lines.line(columns));
    const texts = written.map((line, place) => sql`case when ${isSmall} then ${line} end as ${part(place)}`);
    const { digests } = this;
    const joined = written.map((_, place) =>
      digests
        ? sql`${digests(part(place))} as ${part(place)}`
        : sql`${this.lines.joined(sql`coalesce(${part(place)}, '')`)} as ${part(place)}`,
    );
    const isLeft = sql.join(
      written.map((_, place) => sql`${part(place)} is null`),
      sql` or `,
    );
    const left = this.lines.joined(sql`case when ${isLeft} then ${id} end`);
    const keys =
      taker instanceof RowDigests
        ? this.lines.joined(sql`case when not (${isLeft}) then ${id} end`)
        : sql`null`;
    let { first } = range;
    let limit = FIRST_ROWS;
    for (;;) {
      const { rows } = await sql<Record<string, unknown>>`
        select max(${id}) as ${sql.ref(LAST)}, count(*) as ${sql.ref(COUNT)}, ${left} as ${sql.ref(LEFT)},
          ${keys} as ${sql.ref(KEYS)}, ${sql.join(joined)} from (
          select ${id}, ${sql.join(texts)} from ${sql.table(this.table.name)}
          ${all(inRange([this.id], { first, last: range.last }))} order by ${id} limit ${sql.lit(limit)}
        ) as page`.execute(db);
      const page = rows[0];
      const count = Number(page?.[COUNT]);
      if (!page || count === 0) return;
      const last = page[LAST] as bigint;
      const taken = this.parts.map((_, place) => page[partName(place)] as string | Buffer | null);
      const bytes = taken.reduce((all, text) => all + (text?.length ?? 0), 0);
      const add = adderTo(taker, page[KEYS]);
      const summed = digests ? addDigests(taken[0], add) : this.addPage(taken, add);
      collectPassing(bytes);
      if (summed === null) yield { rows: 0, left: { range: { first, last: [last] }, where: undefined } };
      else yield { rows: summed, left: summed === count ? null : this.those(page[LEFT]) };
      if (count < limit || last === range.last?.[0] || last === LARGEST) return;
      first = [last + 1n];
      limit = digests
        ? DIGESTED_ROWS
        : Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.round((PAGE_BYTES * count) / (bytes + 1))));
    }
  }

  private those(ids: unknown): LeftRows {
    const range = { first: null, last: null };
    return { range, where: this.engine.among(this.id, String(ids).split('\n').map(BigInt)) };
  }

  /** @returns how many were summed: a line is empty for a row that was not; null where the texts do not tell */
  private addPage(taken: readonly (string | Buffer | null)[], add: Adder): number | null {
    if (!taken.every(isFaithful)) return null;
    const [only, ...more] = taken;
    let summed = 0;
    if (only !== undefined && more.length === 0 && this.parts[0]?.kind === 'plain') {
      for (const line of linesIn(only)) {
        if (line.length === 0) continue;
        add(hash('sha256', line, 'binary'), summed++);
      }
      return summed;
    }
    const columns = taken.map((text) => linesIn(text)[Symbol.iterator]());
    for (;;) {
      let line = '';
      let isThere = true;
      for (const [place, column] of columns.entries()) {
        const next = column.next();
        if (next.done) return summed;
        const text = typeof next.value === 'string' ? next.value : next.value.toString();
        if (text === '') isThere = false;
        else if (isThere)
          line += `${place === 0 ? '[' : ','}${inLine(this.parts[place]?.kind, text.slice(1, -1))}`;
      }
      if (!isThere) continue;
      add(hash('sha256', `${line}]`, 'binary'), summed++);
    }
  }
}

const LARGEST = 9_223_372_036_854_775_807n;
/** No column of a table is called like these. */
const LAST = 'last of page';
const COUNT = 'rows of page';
const LEFT = 'left of page';
const KEYS = 'keys of page';
const partName = (place: number) => `part ${place}`;
const part = (place: number) => sql.ref(partName(place));

/** @param place of the row among those of the page that are not left */
type Adder = (digest: RowDigest, place: number) => void;

/** @param keys of the rows that are not left, in the order of their lines */
function adderTo(taker: DigestTaker, keys: unknown): Adder {
  if (taker instanceof RowSum) return (digest) => taker.add(digest);
  const ids = keys === null ? [] : String(keys).split('\n');
  return (digest, place) => {
    const id = ids[place];
    if (id === undefined) throw new TypeError('a row of a page has no key');
    taker.add(digest, BigInt(id));
  };
}

function partsOf(columns: readonly RowStreamColumn[], { bytes }: RowLines): Part[] {
  const parts: { kind: Part['kind']; columns: RowStreamColumn[] }[] = [];
  for (const column of columns) {
    const kind = kindOf(column);
    const wanted = kind === 'json' ? 'json' : kind === 'binary' && bytes === 'hex' ? 'hex' : 'plain';
    const last = parts.at(-1);
    if (wanted === 'plain' && last?.kind === 'plain') last.columns.push(column);
    else parts.push({ kind: wanted, columns: [column] });
  }
  return parts;
}

/** Bytes that are no UTF-8 are read as replacement characters, which rows themselves may have as well. */
function isFaithful(text: string | Buffer | null): text is string | Buffer {
  if (text === null) return false;
  return typeof text === 'string' ? !text.includes('\uFFFD') : isUtf8(text);
}

/** @returns how many there are @param digests of sixteen bytes each */
function addDigests(digests: string | Buffer | null | undefined, add: Adder): number | null {
  if (digests === null) return 0;
  if (!Buffer.isBuffer(digests)) return null;
  let count = 0;
  for (let at = 0; at < digests.length; at += DIGEST_BYTES)
    add(digests.toString('latin1', at, at + DIGEST_BYTES), count++);
  return count;
}

function linesIn(text: string | Buffer): Iterable<string | Buffer> {
  return typeof text === 'string' ? text.split('\n') : linesOf(text);
}

function* linesOf(text: Buffer): Generator<Buffer> {
  for (let start = 0; start <= text.length; ) {
    const next = text.indexOf(0x0a, start);
    const end = next < 0 ? text.length : next;
    yield text.subarray(start, end);
    start = end + 1;
  }
}

/** @param text values as the database writes them */
function inLine(kind: Part['kind'] | undefined, text: string): string {
  if (text === 'null' || kind === 'plain') return text;
  if (kind === 'hex') return `"${Buffer.from(text.slice(1, -1), 'hex').toString('base64')}"`;
  let canonical = KEPT.get(text);
  if (canonical === undefined) {
    canonical = JSON.stringify(canonicalJson(JSON.parse(text)));
    if (KEPT.size >= MOST_KEPT) KEPT.clear();
    KEPT.set(text, canonical);
  }
  return canonical;
}

/** The jobs of a run template have the same environment: what was seen lately, of rows that are small. */
const KEPT = new Map<string, string>();
const MOST_KEPT = 250;
