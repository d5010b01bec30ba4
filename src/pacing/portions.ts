/** Splits ids or rows into portions that are not too much for one page, one statement or one transaction. */

/**
 * In their order, none empty; an item that is too much by itself is a portion of its own.
 * @param most what a portion may weigh; a function may answer otherwise from one portion to the next
 */
export function* portions<T>(
  items: readonly T[],
  weightOf: (item: T) => number,
  most: number | (() => number),
): Generator<T[]> {
  const limit = typeof most === 'number' ? () => most : most;
  let portion: T[] = [];
  let weight = 0;
  for (const item of items) {
    const more = weightOf(item);
    if (portion.length > 0 && weight + more > limit()) {
      yield portion;
      portion = [];
      weight = 0;
    }
    portion.push(item);
    weight += more;
  }
  if (portion.length > 0) yield portion;
}
