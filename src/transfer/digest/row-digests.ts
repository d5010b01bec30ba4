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
  /** Numbers as most keys are take eight bytes each, and leave no garbage. */
  readonly keys: BigInt64Array | readonly RowKey[];
  /** One behind the other. */
  readonly digests: Uint8Array;
}

/** Rows that there is room for at first, and then for those of a whole range at least. */
const ROOM = 1_024;
const ROOM_OF_RANGE = 20_480;

/** Twenty-four bytes a row. */
export class RowDigests {
  readonly sum = new RowSum();
  private numbers = new BigInt64Array(ROOM);
  /** Instead of numbers. */
  private others: RowKey[] | undefined;
  private digests = new Uint8Array(ROOM * DIGEST_BYTES);

  /** @param digest may go on behind the part that counts */
  add(digest: RowDigest, key: RowKey): void {
    const place = this.sum.rows;
    if (place === this.numbers.length) this.grow();
    this.sum.add(digest);
    const from = place * DIGEST_BYTES;
    for (let at = 0; at < DIGEST_BYTES; at++) this.digests[from + at] = digest.charCodeAt(at);
    if (!this.others && typeof key === 'bigint') this.numbers[place] = key;
    else {
      this.others ??= [...this.numbers.subarray(0, place)];
      this.others.push(key);
    }
  }

  /** What they take in memory, outside of V8's heap. */
  get bytes(): number {
    return this.numbers.byteLength + this.digests.byteLength;
  }

  get parts(): RowDigestParts {
    const { rows } = this.sum;
    return {
      keys: this.others ?? this.numbers.subarray(0, rows),
      digests: this.digests.subarray(0, rows * DIGEST_BYTES),
    };
  }

  private grow(): void {
    const room = Math.max(ROOM_OF_RANGE, this.numbers.length * 2);
    const numbers = new BigInt64Array(room);
    numbers.set(this.numbers);
    const digests = new Uint8Array(room * DIGEST_BYTES);
    digests.set(this.digests);
    [this.numbers, this.digests] = [numbers, digests];
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

/** @param target of whose digests the first bytes are enough */
export function differencesBetween(source: RowDigestParts, target: RowDigestParts): Differences {
  const bytes = target.keys.length === 0 ? 0 : target.digests.length / target.keys.length;
  const there = new Map<unknown, number>();
  for (const [place, key] of target.keys.entries()) there.set(nameOfKey(key), place);
  const missing: RowKey[] = [];
  const changed: RowKey[] = [];
  for (const [place, key] of source.keys.entries()) {
    const name = nameOfKey(key);
    const other = there.get(name);
    if (other === undefined) missing.push(key);
    else if (!areSame(source.digests, place * DIGEST_BYTES, target.digests, other * bytes, bytes))
      changed.push(key);
    there.delete(name);
  }
  const surplus: RowKey[] = [];
  for (const key of target.keys) if (there.has(nameOfKey(key))) surplus.push(key);
  return { surplus, missing, changed };
}

function areSame(
  one: Uint8Array,
  from: number,
  other: Uint8Array,
  otherFrom: number,
  bytes: number,
): boolean {
  for (let at = 0; at < bytes; at++) if (one[from + at] !== other[otherFrom + at]) return false;
  return true;
}

export function countOf({ surplus, missing, changed }: Differences): number {
  return surplus.length + missing.length + changed.length;
}
