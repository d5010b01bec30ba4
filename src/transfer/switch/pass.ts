/**
 * Makes the tables of one database those of another, by portions whose sums differ. It is the first copy, what continues one that
 * was killed, and the delta at the end: what is there already is known by its digests, not by what a journal says.
 */
import type { Engine } from '../../engines/index.ts';
import { MIGRATIONS, modelOf } from '../../migrations/index.ts';
import { collectStreamed } from '../../system/index.ts';
import { type Side, Summing, type SummingOptions, shared } from '../digest/portions.ts';
import { RowDigests } from '../digest/row-digests.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { completeTables, stripTables } from '../rows/bare-tables.ts';
import { withBytesOfInvalidText } from '../rows/faithful.ts';
import { loadRows, loadsAtOnce } from '../rows/load-rows.ts';
import { type KeyRange, readRows } from '../rows/read-rows.ts';
import { streamedBy } from '../rows/streamed-rows.ts';
import { type ComparedRange, comparedRanges } from './compared-ranges.ts';
import { Kept } from './kept.ts';
import type { MovedTable } from './moved-tables.ts';
import type { Known, KnownPortion, PassRequest } from './pass-request.ts';
import { removeFrom, removeSurplus, writeDiffering } from './replace-differing.ts';

export interface Pass extends Known {
  /** The source has the same state as before, so nothing was read. */
  readonly unchanged: boolean;
  /** Rows that were inserted, updated or deleted. */
  readonly changed: number;
  /** Milliseconds for the comparison, and for what it has found. */
  readonly comparing: number;
  readonly copying: number;
}

const MODEL = modelOf(MIGRATIONS);

/** @throws CONSTRAINT, TOO_LARGE and others of the databases; the signal's reason */
export async function makeSame(request: PassRequest): Promise<Pass> {
  const started = performance.now();
  const [source] = request.sources;
  const { known } = request;
  const state = await source.engine.stateOf(source.db);
  if (known && isState(state, known))
    return { ...known, unchanged: true, changed: 0, comparing: performance.now() - started, copying: 0 };
  const kept = new Kept();
  const compared = await comparedRanges(request, kept);
  const comparing = performance.now() - started;
  // Only the first copy has so much to load.
  if (known === undefined) await stripTables(request.target, MODEL, loadedWithMany(compared), request);
  const { removed, referredTo } = await removeSurplus(request, compared);
  let changed = removed;
  const portions: KnownPortion[] = [];
  for (const moved of request.tables) {
    const ofTable = compared.filter((one) => one.moved === moved);
    for (const one of ofTable) {
      const { sum, rows, range } = one;
      if (sum === null) continue;
      if (one.differs) changed += await writeDiffering(request, compared, one);
      portions.push({ table: moved.table, range, sum, rows });
    }
    const loaded = await loadAll(
      request,
      moved,
      ofTable.filter(({ sum }) => sum === null),
      kept,
    );
    changed += loaded.reduce((rows, { sum }) => rows + sum.rows, 0);
    portions.push(...loaded);
  }
  for (const one of referredTo) changed += await removeFrom(request, one);
  if (known === undefined) await completeTables(request.target, MODEL, request);
  const copying = performance.now() - started - comparing;
  return { portions, state, unchanged: false, changed, comparing, copying };
}

/** Whether nobody has written to the source since; false where its engine does not tell. */
export async function isUnchanged({ engine, db }: Side, known: Known): Promise<boolean> {
  return isState(await engine.stateOf(db), known);
}

function isState(state: string | null, known: Known): boolean {
  return state !== null && state === known.state;
}

/** A range has about twenty thousand rows, which is {@link MANY_ROWS}; the last one may have fewer. */
function loadedWithMany(compared: readonly ComparedRange[]): readonly string[] {
  const loaded = compared.filter(({ sum }) => sum === null).map(({ moved }) => moved.table.name);
  return [...new Set(loaded.filter((name, place) => loaded.indexOf(name) < place))];
}

/** Ranges of keys that are larger than all that the target has. */
function loadAll(
  { sources, target, signal, onRows }: PassRequest,
  { table, refersToItself }: MovedTable,
  ranges: readonly ComparedRange[],
  kept: Kept,
): Promise<KnownPortion[]> {
  const readers = sources.filter(({ elsewhere }) => elsewhere === undefined);
  // A row's parent may be in the range before.
  const count = refersToItself ? 1 : loadsAtOnce(target);
  const sides = Array.from({ length: count }, (_, place) => readers[place % readers.length] ?? sources[0]);
  return shared(sides, ranges, async (side, { range }) => {
    const digests = await load(side, target, table, range, { signal, onRows });
    const rows = kept.digests(digests.parts);
    collectStreamed(digests.bytes);
    return { table, range, sum: digests.sum, rows };
  });
}

/** @returns what the source's rows are */
async function load(
  source: Side,
  target: Engine,
  table: RowStreamTable,
  range: KeyRange,
  { signal, onRows }: SummingOptions,
): Promise<RowDigests> {
  const digests = new RowDigests();
  const summing = new Summing(table, digests);
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
  return digests;
}
