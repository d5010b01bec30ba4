/** Values that nothing holds whole: they are written, read and compared in pieces, and stand for themselves by a digest. */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { collectStreamed } from '../../system/index.ts';

/** A larger value is written in pieces, in bytes. Part of the format: the digest of a row depends on it. */
export const LARGE_VALUE = 1024 * 1024;
/** The most that a file may claim of a value. */
export const LARGEST_VALUE = 4 * 1024 * 1024 * 1024;

const REFERENCE = z.strictObject({
  bytes: z.int().check(z.minimum(LARGE_VALUE + 1), z.maximum(LARGEST_VALUE)),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});

export class LargeValue {
  /** Of a text those of its UTF-8. */
  readonly bytes: number;
  /** Of these bytes; undefined until somebody has read them. */
  readonly sha256: string | undefined;
  private readonly read: (() => AsyncIterable<Buffer>) | undefined;

  constructor(bytes: number, sha256: string | undefined, read?: () => AsyncIterable<Buffer>) {
    this.bytes = bytes;
    this.sha256 = sha256;
    this.read = read;
  }

  /** Each time from the beginning; of a text they may end within a character. */
  async *pieces(): AsyncGenerator<Buffer> {
    if (!this.read) throw new Error('a large value is read where there is but its digest');
    for await (const piece of this.read()) {
      yield piece;
      collectStreamed(piece.length);
    }
  }

  readFrom(read: () => AsyncIterable<Buffer>): LargeValue {
    return new LargeValue(this.bytes, this.sha256, read);
  }

  /** With its digest, for which it is read where that has not been done. */
  async summed(): Promise<LargeValue> {
    if (this.sha256 !== undefined) return this;
    const sum = createHash('sha256');
    for await (const piece of this.pieces()) sum.update(piece);
    return new LargeValue(this.bytes, sum.digest('hex'), this.read);
  }

  /** As a line has it. */
  get reference(): string {
    if (this.sha256 === undefined) throw new Error('a large value has no digest yet');
    return JSON.stringify({ bytes: this.bytes, sha256: this.sha256 });
  }
}

/** @returns undefined for what is no reference */
export function referredTo(value: unknown): LargeValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const reference = REFERENCE.safeParse(value);
  return reference.success ? new LargeValue(reference.data.bytes, reference.data.sha256) : undefined;
}
