/** The digests of a range's rows by their keys: which rows of two databases differ, and how. */
import { DIGEST_BYTES, type RowDigest, RowSum } from '../row-stream/values.ts';

/** The value of a key of one column, as most are; of others their values in the order of the key. */
export type RowKey = unknown;

export function keyOf(values: readonly unknown[]): RowKey {
  return values.length === 1 ? values[0] : values;
}

export function keyValues(key: RowKey): readonly unknown[] {
  return Array.isArray(key) ? key : [key];
}

/** Equal for equal keys, and for no others of the same table. */
export function nameOfKey(key: RowKey): unknown {
  if (typeof key === 'bigint' || typeof key === 'string') return key;
  return JSON.stringify(
    keyValues(key).map((value) => (Buffer.isBuffer(value) ? value.toString('hex') : String(value))),
  );
}

/** What passes between threads. */
export interface RowDigestParts {
  readonly keys: readonly RowKey[];
  readonly digests: readonly RowDigest[];
}

/** Of twenty thousand rows about two megabytes. */
export class RowDigests implements RowDigestParts {
  readonly sum = new RowSum();
  readonly keys: RowKey[] = [];
  readonly digests: RowDigest[] = [];

  /** @param digest may go on behind the part that counts */
  add(digest: RowDigest, key: RowKey): void {
    this.sum.add(digest);
    this.keys.push(key);
    this.digests.push(digest.slice(0, DIGEST_BYTES));
  }
}

/** Keys of rows that are to be done something to, so that one database has what the other one has. */
export interface Differences {
  /** Not in the source. */
  readonly surplus: readonly RowKey[];
  /** Not in the target. */
  readonly missing: readonly RowKey[];
  readonly changed: readonly RowKey[];
}

/** @param target of whose digests the beginnings are enough */
export function differencesBetween(source: RowDigestParts, target: RowDigestParts): Differences {
  const there = new Map<unknown, RowDigest | undefined>();
  for (const [place, key] of target.keys.entries()) there.set(nameOfKey(key), target.digests[place]);
  const missing: RowKey[] = [];
  const changed: RowKey[] = [];
  for (const [place, key] of source.keys.entries()) {
    const name = nameOfKey(key);
    const digest = there.get(name);
    if (digest === undefined) missing.push(key);
    else if (!source.digests[place]?.startsWith(digest)) changed.push(key);
    there.delete(name);
  }
  return { surplus: target.keys.filter((key) => there.has(nameOfKey(key))), missing, changed };
}

export function countOf({ surplus, missing, changed }: Differences): number {
  return surplus.length + missing.length + changed.length;
}
