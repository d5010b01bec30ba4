/**
 * Makes the tables of one database those of another, by portions whose sums differ. It is the first copy, what continues one that
 * was killed, and the delta at the end: what is there already is known by its digests, not by what a journal says.
 */
import type { Engine } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { MIGRATIONS, modelOf } from '../../migrations/index.ts';
import {
  isSameSum,
  largestId,
  ofOneMoment,
  type Portion,
  rangesFrom,
  type Side,
  Summing,
  type SummingOptions,
  shared,
  sumOf,
} from '../digest/portions.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { RowSum } from '../row-stream/values.ts';
import { completeTables, stripTables } from '../rows/bare-tables.ts';
import { withBytesOfInvalidText } from '../rows/faithful.ts';
import { loadRows, loadsAtOnce } from '../rows/load-rows.ts';
import { type KeyRange, readRows } from '../rows/read-rows.ts';
import { replaceRange } from '../rows/replace-range.ts';
import { streamedBy } from '../rows/streamed-rows.ts';
import { makeWay } from './make-way.ts';
import type { MovedTable } from './moved-tables.ts';

export interface PassRequest {
  /** Sessions that all read one state: of one moment, or while nobody writes; the first one is of this thread. */
  readonly sources: readonly [Side, ...Side[]];
  readonly target: Engine;
  /** The same database, for reading alone. */
  readonly targetReader: Engine;
  /** Parents first. */
  readonly tables: readonly MovedTable[];
  /** What the target is known to have: then it is not read where the source has that as well. */
  readonly known?: Known | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How many rows were read or written just now. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

export interface Known {
  /** What the source had, and the target has now; by table, in the order of keys. */
  readonly portions: readonly Portion[];
  /** What the source's engine calls its state when it had that; null where it has no name for it. */
  readonly state: string | null;
}

export interface Pass extends Known {
  /** The source has the same state as before, so nothing was read. */
  readonly unchanged: boolean;
  /** Rows that were inserted, updated or deleted. */
  readonly changed: number;
  /** Milliseconds for the comparison, and for what it has found. */
  readonly comparing: number;
  readonly copying: number;
}

interface Compared {
  readonly moved: MovedTable;
  readonly range: KeyRange;
  /** Of the source; null for a range of which the target has nothing, which is summed while it is copied. */
  readonly sum: RowSum | null;
  readonly differs: boolean;
}

const MODEL = modelOf(MIGRATIONS);

/** @throws CONSTRAINT, TOO_LARGE and others of the databases; the signal's reason */
export async function makeSame(request: PassRequest): Promise<Pass> {
  const started = performance.now();
  const [{ engine, db }] = request.sources;
  const { known } = request;
  const state = await engine.stateOf(db);
  if (known && state !== null && state === known.state)
    return { ...known, unchanged: true, changed: 0, comparing: performance.now() - started, copying: 0 };
  const compared: Compared[] = [];
  for (const moved of request.tables) compared.push(...(await compare(request, moved)));
  const comparing = performance.now() - started;
  // Only the first copy has so much to load.
  if (known === undefined) await stripTables(request.target, MODEL, loadedWithMany(compared), request);
  let changed = 0;
  // What refers to a row goes before it.
  for (const one of compared.toReversed()) if (one.differs) changed += await replace(request, one, 'surplus');
  const portions: Portion[] = [];
  for (const moved of request.tables) {
    const ofTable = compared.filter((one) => one.moved === moved);
    for (const one of ofTable) {
      if (one.sum === null) continue;
      if (one.differs) changed += await withWayMade(request, compared, one);
      portions.push({ table: moved.table, range: one.range, sum: one.sum });
    }
    const loaded = await loadAll(
      request,
      moved,
      ofTable.filter(({ sum }) => sum === null),
    );
    changed += loaded.reduce((rows, { sum }) => rows + sum.rows, 0);
    portions.push(...loaded);
  }
  if (known === undefined) await completeTables(request.target, MODEL, request);
  const copying = performance.now() - started - comparing;
  return { portions, state, unchanged: false, changed, comparing, copying };
}

/** A range has about twenty thousand rows, which is {@link MANY_ROWS}; the last one may have fewer. */
function loadedWithMany(compared: readonly Compared[]): readonly string[] {
  const loaded = compared.filter(({ sum }) => sum === null).map(({ moved }) => moved.table.name);
  return [...new Set(loaded.filter((name, place) => loaded.indexOf(name) < place))];
}

async function compare(request: PassRequest, moved: MovedTable): Promise<Compared[]> {
  const { known } = request;
  const before = known?.portions.filter((portion) => portion.table.name === moved.table.name) ?? [];
  return ofOneMoment(request.targetReader, (target) => compareWith(target, request, moved, before));
}

async function compareWith(
  target: Side,
  { sources, signal, onRows }: PassRequest,
  moved: MovedTable,
  before: readonly Portion[],
): Promise<Compared[]> {
  const { table } = moved;
  const largest = await largestId(target, table);
  const ranges: KeyRange[] = [];
  for await (const range of rangesOf(sources[0], moved, before)) ranges.push(range);
  return shared(sources, ranges, async (source, range) => {
    signal?.throwIfAborted();
    const first = range.first?.[0];
    if (largest === null || (typeof first === 'bigint' && first > largest))
      return { moved, range, sum: null, differs: false };
    const there = before.find((portion) => isSameRange(portion.range, range))?.sum;
    const [sum, other] = await Promise.all([
      sumOf(source, table, range, { signal, onRows }),
      there ?? sumOf(target, table, range, { signal }),
    ]);
    return { moved, range, sum, differs: !isSameSum(sum, other) };
  });
}

/** Those that are known already, so that their sums can be compared; the open end may have grown. */
async function* rangesOf(
  source: Side,
  { table }: MovedTable,
  known: readonly Portion[],
): AsyncGenerator<KeyRange> {
  const end = known.at(-1)?.range;
  for (const { range } of known.slice(0, -1)) yield range;
  if (end === undefined) yield* rangesFrom(source, table);
  else {
    const first = end.first?.[0];
    const grown = rangesFrom(source, table, typeof first === 'bigint' ? first : null);
    for await (const range of grown) yield range;
  }
}

function isSameRange(a: KeyRange, b: KeyRange): boolean {
  return String(a.first) === String(b.first) && String(a.last) === String(b.last);
}

async function replace(
  { sources: [source], target, signal }: PassRequest,
  { moved: { table }, range }: Compared,
  only: 'surplus' | 'changes',
): Promise<number> {
  const read = () => readRows(source.engine, source.db, table, { range, signal });
  const done = await replaceRange(target, table, range, read, { signal, only });
  return done.inserted + done.updated + done.deleted;
}

/** Rows may have exchanged a value of a unique key: then neither of them can be written first. */
async function withWayMade(request: PassRequest, all: readonly Compared[], one: Compared): Promise<number> {
  try {
    return await replace(request, one, 'changes');
  } catch (error) {
    if (!isMultiFlexiError(error, 'CONSTRAINT') || one.moved.unique.length === 0) throw error;
    // Those before it are as they are to be.
    for (const other of all.slice(all.indexOf(one)))
      if (other.moved === one.moved && other.differs)
        await makeWay(request.target, one.moved, other.range, request.signal);
    return replace(request, one, 'changes');
  }
}

/** Ranges of keys that are larger than all that the target has. */
function loadAll(
  { sources, target, signal, onRows }: PassRequest,
  { table, refersToItself }: MovedTable,
  ranges: readonly Compared[],
): Promise<Portion[]> {
  const readers = sources.filter(({ summing }) => summing === undefined);
  // A row's parent may be in the range before.
  const count = refersToItself ? 1 : loadsAtOnce(target);
  const sides = Array.from({ length: count }, (_, place) => readers[place % readers.length] ?? sources[0]);
  return shared(sides, ranges, async (side, { range }) => ({
    table,
    range,
    sum: await load(side, target, table, range, { signal, onRows }),
  }));
}

async function load(
  source: Side,
  target: Engine,
  table: RowStreamTable,
  range: KeyRange,
  { signal, onRows }: SummingOptions,
): Promise<RowSum> {
  const sum = new RowSum();
  const summing = new Summing(table, sum);
  async function* rows() {
    for await (const page of readRows(source.engine, source.db, table, { range, signal })) {
      // As they are in the source: the target cannot have the same of a text that is no UTF-8.
      await summing.add(await withBytesOfInvalidText(source.engine, source.db, table, page));
      yield page;
      streamedBy(page);
      onRows?.(page.length);
    }
  }
  await loadRows(target, table, rows(), { signal });
  return sum;
}
