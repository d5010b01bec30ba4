/** A value that is too large for memory, kept in a temporary file that has no name, for as long as its row is loaded. */
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, read, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileFailure } from '../../system/index.ts';
import { LARGE_VALUE, LARGEST_VALUE, LargeValue } from '../row-stream/large-value.ts';
import { PIECE_BYTES } from '../row-stream/pieces.ts';

const readSome = promisify(read);

export class Spool {
  private readonly isBinary: boolean;
  private readonly sum = createHash('sha256');
  private readonly descriptor: number;
  private rest = '';
  bytes = 0;

  /** @param isBinary the text is base64, and its bytes are kept @throws FILE_FAILED */
  constructor(isBinary: boolean) {
    this.isBinary = isBinary;
    try {
      const directory = mkdtempSync(join(tmpdir(), 'multiflexi-import-'));
      this.descriptor = openSync(join(directory, 'value'), 'wx+', 0o600);
      // It is gone with this process, whatever becomes of that.
      rmSync(directory, { recursive: true });
    } catch (error) {
      throw fileFailure(tmpdir(), error, 'write', 'directory');
    }
  }

  /** @returns whether it may go on: a value has an end @throws FILE_FAILED */
  write(text: string): boolean {
    if (!this.isBinary) return this.keep(Buffer.from(text));
    const whole = this.rest + text;
    const end = whole.length - (whole.length % 4);
    this.rest = whole.slice(end);
    return this.keep(Buffer.from(whole.slice(0, end), 'base64'));
  }

  private keep(bytes: Buffer): boolean {
    this.sum.update(bytes);
    this.bytes += bytes.length;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
    } catch (error) {
      throw fileFailure(tmpdir(), error, 'write', 'directory');
    }
    return this.bytes <= LARGEST_VALUE;
  }

  /** @returns undefined for one that is not large after all */
  end(): LargeValue | undefined {
    if (this.rest !== '') this.keep(Buffer.from(this.rest, 'base64'));
    if (this.bytes <= LARGE_VALUE) return undefined;
    return new LargeValue(this.bytes, this.sum.digest('hex'), () => this.pieces());
  }

  private async *pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.bytes; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, this.bytes - at));
      const { bytesRead } = await readSome(this.descriptor, piece, 0, piece.length, at);
      if (bytesRead === 0)
        throw fileFailure(tmpdir(), new Error('a temporary file ends too early'), 'write', 'directory');
      yield piece.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
