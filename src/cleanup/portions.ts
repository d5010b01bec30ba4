/** Splits ids into portions that are not too much for one page or one transaction. */

/** In their order, none empty; an id that is too much by itself is a portion of its own. */
export function* portions(
  ids: readonly bigint[],
  weightOf: (id: bigint) => number,
  most: number,
): Generator<bigint[]> {
  let portion: bigint[] = [];
  let weight = 0;
  for (const id of ids) {
    const more = weightOf(id);
    if (portion.length > 0 && weight + more > most) {
      yield portion;
      portion = [];
      weight = 0;
    }
    portion.push(id);
    weight += more;
  }
  if (portion.length > 0) yield portion;
}
