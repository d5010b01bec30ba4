/** Digests of rows for as long as a switch takes, in an eighth of the memory. */
import type { RowDigest } from '../row-stream/values.ts';
import type { RowDigestParts } from './row-digests.ts';

/** Enough to tell one row from what becomes of it; whoever needs all of them has the sum. */
const BYTES = 8;
/** Of a key: how far it is from the first one. */
const FARTHEST = 2 ** 32 - 1;

/** Twelve bytes a row. */
export class PackedDigests {
  private readonly first: bigint;
  private readonly distances: Uint32Array;
  private readonly digests: Buffer;

  /** @returns null for keys that are no numbers, or are far from one another */
  static of({ keys, digests }: RowDigestParts): PackedDigests | null {
    const [first = 0n] = keys;
    const last = keys.at(-1) ?? first;
    if (typeof first !== 'bigint' || typeof last !== 'bigint') return null;
    const distances = new Uint32Array(keys.length);
    for (const [place, key] of keys.entries()) {
      const distance = typeof key === 'bigint' ? key - first : -1n;
      if (distance < 0n || distance > FARTHEST) return null;
      distances[place] = Number(distance);
    }
    const bytes = digests.map((digest) => digest.slice(0, BYTES)).join('');
    return new PackedDigests(first, distances, Buffer.from(bytes, 'latin1'));
  }

  private constructor(first: bigint, distances: Uint32Array, digests: Buffer) {
    this.first = first;
    this.distances = distances;
    this.digests = digests;
  }

  /** The beginnings of the digests. */
  get parts(): RowDigestParts {
    const keys: bigint[] = [];
    const digests: RowDigest[] = [];
    for (const [place, distance] of this.distances.entries()) {
      keys.push(this.first + BigInt(distance));
      digests.push(this.digests.toString('latin1', place * BYTES, (place + 1) * BYTES));
    }
    return { keys, digests };
  }
}
