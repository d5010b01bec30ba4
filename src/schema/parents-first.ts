/**
 * Tables in an order in which they can be made or filled: each after those that it refers to. In a circle none is ready:
 * any of them comes first.
 * @param parentsOf the names of the tables that it refers to; itself and tables that are not listed do not count
 */
export function parentsFirst<T>(
  tables: readonly T[],
  nameOf: (table: T) => string,
  parentsOf: (table: T) => readonly string[],
): T[] {
  const left = [...tables];
  const ordered: T[] = [];
  while (left.length > 0) {
    const waiting = new Set(left.map(nameOf));
    const ready = left.findIndex((table) =>
      parentsOf(table).every((parent) => parent === nameOf(table) || !waiting.has(parent)),
    );
    ordered.push(...left.splice(Math.max(ready, 0), 1));
  }
  return ordered;
}
