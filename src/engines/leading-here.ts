/** Of all foreign keys of a server, those that concern a database. */
import type { Reference } from './contract/catalogue.ts';

/** Those that lead to a table of ours, directly or over tables of others. */
export function leadingHere<R extends Pick<Reference, 'schema' | 'table' | 'targetSchema' | 'target'>>(
  references: readonly R[],
): R[] {
  const byTarget = Map.groupBy(references, ({ targetSchema, target }) => key(targetSchema, target));
  const leading = new Set<R>();
  const waiting = references.filter(({ targetSchema }) => targetSchema === null);
  for (let reference = waiting.pop(); reference !== undefined; reference = waiting.pop()) {
    if (leading.has(reference)) continue;
    leading.add(reference);
    waiting.push(...(byTarget.get(key(reference.schema, reference.table)) ?? []));
  }
  return references.filter((reference) => leading.has(reference));
}

/** A name may have any character in it. */
function key(schema: string | null, table: string): string {
  return JSON.stringify([schema, table]);
}
