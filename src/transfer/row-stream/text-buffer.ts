/** Lines in one buffer that is used again and again: strings of a chunk would outlive V8's young generation. */
import { CHUNK_BYTES } from './format.ts';

/** What chunks usually need, with a last line of some length; a larger buffer is given up again. */
const USUAL_BYTES = CHUNK_BYTES + CHUNK_BYTES / 4;

export class TextBuffer {
  length = 0;
  private buffer = Buffer.allocUnsafeSlow(USUAL_BYTES);

  /** @param line without its line break */
  add(line: string): void {
    this.room(line);
    this.length += this.buffer.write(line, this.length);
    this.buffer[this.length++] = 0x0a;
  }

  /** Lines, with a break between them. */
  addBytes(lines: Buffer): void {
    const needed = this.length + lines.length + 1;
    if (needed > this.buffer.length) this.roomFor(Math.max(this.buffer.length * 2, needed));
    this.length += lines.copy(this.buffer, this.length);
    this.buffer[this.length++] = 0x0a;
  }

  /** A line by its pieces. @param bytes about how long it is, so that the buffer is made once */
  addPieces(pieces: Iterable<string>, bytes: number): void {
    this.roomFor(this.length + bytes);
    for (const piece of pieces) {
      this.room(piece);
      this.length += this.buffer.write(piece, this.length);
    }
    this.room('');
    this.buffer[this.length++] = 0x0a;
  }

  /** Until it is cleared. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
    if (this.buffer.length > USUAL_BYTES) this.buffer = Buffer.allocUnsafeSlow(USUAL_BYTES);
  }

  private room(line: string): void {
    // A character takes three bytes at most (those of four are two characters here): counted only where it matters.
    if (this.length + line.length * 3 < this.buffer.length) return;
    const needed = this.length + Buffer.byteLength(line) + 1;
    if (needed > this.buffer.length) this.roomFor(Math.max(this.buffer.length * 2, needed));
  }

  private roomFor(bytes: number): void {
    if (bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(bytes);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
