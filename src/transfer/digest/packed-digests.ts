/** Digests of rows for as long as a switch takes, in half of the memory. */
import { DIGEST_BYTES } from '../row-stream/values.ts';
import type { RowDigestParts } from './row-digests.ts';

/** Enough to tell one row from what becomes of it; whoever needs all of them has the sum. */
const BYTES = 8;
/** Of a key: how far it is from the first one. */
const FARTHEST = 2 ** 32 - 1;

/** Eight bytes a row, or twelve where keys are left out. */
export class PackedDigests {
  private readonly first: bigint;
  /** Null for keys that follow one another. */
  private readonly distances: Uint32Array | null;
  private readonly digests: Uint8Array;

  /** @returns null for keys that are no numbers, or are far from one another */
  static of({ keys, digests }: RowDigestParts): PackedDigests | null {
    if (!(keys instanceof BigInt64Array)) return null;
    const [first = 0n] = keys;
    const distances = new Uint32Array(keys.length);
    const beginnings = new Uint8Array(keys.length * BYTES);
    for (const [place, key] of keys.entries()) {
      const distance = key - first;
      if (distance < 0n || distance > FARTHEST) return null;
      distances[place] = Number(distance);
      const from = place * DIGEST_BYTES;
      beginnings.set(digests.subarray(from, from + BYTES), place * BYTES);
    }
    const follow = distances.every((distance, place) => distance === place);
    return new PackedDigests(first, follow ? null : distances, beginnings);
  }

  private constructor(first: bigint, distances: Uint32Array | null, digests: Uint8Array) {
    this.first = first;
    this.distances = distances;
    this.digests = digests;
  }

  /** The beginnings of the digests. */
  get parts(): RowDigestParts {
    const keys = new BigInt64Array(this.digests.length / BYTES);
    for (let place = 0; place < keys.length; place++)
      keys[place] = this.first + BigInt(this.distances?.[place] ?? place);
    return { keys, digests: this.digests };
  }
}
