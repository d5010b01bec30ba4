/**
 * Which rows a statement is about, by their ids. Ids that follow each other are a range, which every engine walks faster
 * than a list of them.
 */
import type { RawBuilder } from 'kysely';
import type { Engine } from '../../engines/index.ts';

/** Rows whose `column` is one of the ids, which are all different. */
export function among(engine: Engine, column: string, ids: readonly bigint[]): RawBuilder<boolean> {
  const range = rangeOf(ids);
  return range ? engine.between(column, range.first, range.last) : engine.among(column, ids);
}

/** The ends of ids without a gap between them, in whatever order; undefined where there is one, or only one id. */
export function rangeOf(
  ids: readonly bigint[],
): { readonly first: bigint; readonly last: bigint } | undefined {
  let [first] = ids;
  if (first === undefined || ids.length === 1) return undefined;
  let last = first;
  for (const id of ids) {
    if (id < first) first = id;
    if (id > last) last = id;
  }
  return last - first === BigInt(ids.length - 1) ? { first, last } : undefined;
}
