/** Which ranges of keys differ between the source and the target, and in which rows. */
import type { PackedDigests } from '../digest/packed-digests.ts';
import {
  atOnce,
  digestsOf,
  isSameSum,
  largestId,
  ofOneMoment,
  rangesFrom,
  type Side,
  shared,
} from '../digest/portions.ts';
import { type Differences, differencesBetween } from '../digest/row-digests.ts';
import type { RowSum } from '../row-stream/values.ts';
import type { KeyRange } from '../rows/read-rows.ts';
import type { Kept } from './kept.ts';
import type { MovedTable } from './moved-tables.ts';
import type { KnownPortion, PassRequest } from './pass-request.ts';

export interface ComparedRange {
  readonly moved: MovedTable;
  readonly range: KeyRange;
  /** Of the source; null for a range of which the target has nothing, which is summed while it is copied. */
  readonly sum: RowSum | null;
  readonly differs: boolean;
  /** Of the source, where they are kept. */
  readonly rows: PackedDigests | null;
  /** Which rows differ; null where these are too many to be kept, or not known any more. */
  differences: Differences | null;
}

/** In the order of the tables, and of their keys. @throws what databases throw; the signal's reason */
export function comparedRanges(request: PassRequest, kept: Kept): Promise<ComparedRange[]> {
  const { sources, targetReader, tables, known } = request;
  return atOnce(targetReader, sources.length, async (targets) => {
    const compared: ComparedRange[] = [];
    for (const moved of tables) {
      const before = known?.portions.filter((portion) => portion.table.name === moved.table.name) ?? [];
      compared.push(...(await compareTable(request, kept, targets, moved, before)));
    }
    return compared;
  });
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
  kept: Kept,
  targets: readonly [Side, ...Side[]],
  moved: MovedTable,
  before: readonly KnownPortion[],
): Promise<ComparedRange[]> {
  const { table } = moved;
  const largest = await largestId(targets[0], table);
  const ranges: KeyRange[] = [];
  for await (const range of rangesOf(sources[0], moved, before)) ranges.push(range);
  return shared(sources, ranges, async (source, range) => {
    signal?.throwIfAborted();
    const same = { moved, range, differs: false, differences: null };
    const first = range.first?.[0];
    if (largest === null || (typeof first === 'bigint' && first > largest))
      return { ...same, sum: null, rows: null };
    const target = targets[sources.indexOf(source) % targets.length] ?? targets[0];
    const inTarget = () => digestsOf(target, table, range, undefined, { signal });
    const there = before.find((portion) => isSameRange(portion.range, range));
    const [here, other] = await Promise.all([
      digestsOf(source, table, range, there?.sum, { signal, onRows }),
      there ? null : inTarget(),
    ]);
    const { sum } = here;
    if (here.rows === null) return { ...same, sum, rows: kept.still(there?.rows ?? null, sum.rows) };
    const rows = kept.digests(here.rows);
    if (other && isSameSum(sum, other.sum)) return { ...same, sum, rows };
    const had = there?.rows?.parts ?? (other ?? (await inTarget())).rows;
    const differences = kept.differences(differencesBetween(here.rows, had));
    return { moved, range, sum, rows, differs: true, differences };
  });
}

/** Those that are known already, so that their sums can be compared; the open end may have grown. */
async function* rangesOf(
  source: Side,
  { table }: MovedTable,
  known: readonly KnownPortion[],
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
