/** Which ranges of keys differ between the source and the target, and in which rows. */
import {
  atOnce,
  digestsOf,
  isSameSum,
  largestId,
  ofOneMoment,
  type Portion,
  rangesFrom,
  type Side,
  shared,
} from '../digest/portions.ts';
import { countOf, type Differences, differencesBetween } from '../digest/row-digests.ts';
import type { RowSum } from '../row-stream/values.ts';
import type { KeyRange } from '../rows/read-rows.ts';
import type { MovedTable } from './moved-tables.ts';
import type { PassRequest } from './pass-request.ts';

export interface ComparedRange {
  readonly moved: MovedTable;
  readonly range: KeyRange;
  /** Of the source; null for a range of which the target has nothing, which is summed while it is copied. */
  readonly sum: RowSum | null;
  readonly differs: boolean;
  /** Which rows differ; null where these are too many to be kept, or not known any more. */
  differences: Differences | null;
}

/** Keys of rows that are kept, about thirty bytes each: those of others are found once more when they are needed. */
const MOST_KEPT = 200_000;

/** In the order of the tables, and of their keys. @throws what databases throw; the signal's reason */
export async function comparedRanges(request: PassRequest): Promise<ComparedRange[]> {
  const { sources, targetReader, tables, known } = request;
  const compared: ComparedRange[] = [];
  await atOnce(targetReader, sources.length, async (targets) => {
    let kept = 0;
    for (const moved of tables) {
      const before = known?.portions.filter((portion) => portion.table.name === moved.table.name) ?? [];
      for (const one of await compareTable(request, targets, moved, before)) {
        kept += one.differences ? countOf(one.differences) : 0;
        compared.push(kept > MOST_KEPT ? { ...one, differences: null } : one);
      }
    }
  });
  return compared;
}

/** Those that were found, or found anew. */
export async function differencesOf(request: PassRequest, compared: ComparedRange): Promise<Differences> {
  if (compared.differences) return compared.differences;
  const {
    sources: [source],
    targetReader,
    signal,
  } = request;
  const { moved, range } = compared;
  const here = await digestsOf(source, moved.table, range, undefined, { signal });
  const there = await ofOneMoment(targetReader, (target) =>
    digestsOf(target, moved.table, range, undefined, { signal }),
  );
  return differencesBetween(here.rows, there.rows);
}

async function compareTable(
  { sources, signal, onRows }: PassRequest,
  targets: readonly [Side, ...Side[]],
  moved: MovedTable,
  before: readonly Portion[],
): Promise<ComparedRange[]> {
  const { table } = moved;
  const largest = await largestId(targets[0], table);
  const ranges: KeyRange[] = [];
  for await (const range of rangesOf(sources[0], moved, before)) ranges.push(range);
  return shared(sources, ranges, async (source, range) => {
    signal?.throwIfAborted();
    const first = range.first?.[0];
    if (largest === null || (typeof first === 'bigint' && first > largest))
      return { moved, range, sum: null, differs: false, differences: null };
    const target = targets[sources.indexOf(source) % targets.length] ?? targets[0];
    const there = before.find((portion) => isSameRange(portion.range, range))?.sum;
    const [here, other] = await Promise.all([
      digestsOf(source, table, range, there, { signal, onRows }),
      there ? null : digestsOf(target, table, range, undefined, { signal }),
    ]);
    const { sum } = here;
    if (here.rows === null || (other && isSameSum(sum, other.sum)))
      return { moved, range, sum, differs: false, differences: null };
    const { rows } = other ?? (await digestsOf(target, table, range, undefined, { signal }));
    return { moved, range, sum, differs: true, differences: differencesBetween(here.rows, rows) };
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
