/** Gathers rows of one table until they make a chunk. */
import type { StreamKey } from './encryption.ts';
import { CHUNK_BYTES, CHUNK_ROWS, type ChunkHead, type RowStreamHeader } from './format.ts';
import { TextBuffer } from './text-buffer.ts';
import { type Row, RowCodec, type RowDigest, RowSum } from './values.ts';

export interface TakenChunk {
  readonly bytes: Buffer;
  readonly sum: RowSum;
  readonly head: Omit<ChunkHead, 'bytes' | 'sha256'>;
}

const LINE_BREAK = 0x0a;

interface TableState {
  readonly name: string;
  readonly codec: RowCodec;
  readonly firstLine: string;
}

export class ChunkBuffer {
  /** Place of the rows' table in the header. */
  table = 0;
  private readonly tables: readonly TableState[];
  private text = new TextBuffer();
  /** What was taken is in it. */
  private taken = new TextBuffer();
  private chunkSum = new RowSum();
  /** Before the chunk. */
  private pieces = 0;

  constructor({ tables }: RowStreamHeader, key: StreamKey | undefined) {
    this.tables = tables.map(({ name, columns }) => ({
      name,
      codec: new RowCodec(columns, key?.digest),
      firstLine: JSON.stringify({ table: name, columns: columns.map((column) => column.name) }),
    }));
  }

  get sum(): RowSum {
    return this.chunkSum;
  }

  get codec(): RowCodec {
    return this.state.codec;
  }

  private get head(): Omit<ChunkHead, 'bytes' | 'sha256'> {
    const { rows, digest } = this.chunkSum;
    const head = { part: 'chunk', table: this.table, rows, digest, characters: this.text.length } as const;
    return this.pieces === 0 ? head : { ...head, pieces: this.pieces };
  }

  /** @returns whether the chunk is full */
  add(line: string, digest: RowDigest): boolean {
    this.begin();
    this.text.add(line);
    this.chunkSum.add(digest);
    return this.isFull;
  }

  /**
   * Lines as bytes, with a break between them, from there on.
   * @returns where those begin for which there was no room
   */
  addLines(text: Buffer, from: number): number {
    this.begin();
    const { codec } = this;
    const room = CHUNK_BYTES - this.text.length;
    let at = from;
    do {
      const next = text.indexOf(LINE_BREAK, at);
      const end = next < 0 ? text.length : next;
      this.chunkSum.add(codec.digestOfBytes(text.subarray(at, end)));
      at = end + 1;
    } while (at <= text.length && at - from < room && this.chunkSum.rows < CHUNK_ROWS);
    this.text.addBytes(text.subarray(from, at - 1));
    return at;
  }

  /** Whether it takes no more. */
  get isFull(): boolean {
    return this.chunkSum.rows >= CHUNK_ROWS || this.text.length >= CHUNK_BYTES;
  }

  /** A row whose large values are in pieces before it. */
  addPieced(line: string, digest: RowDigest, pieces: number): void {
    this.add(line, digest);
    this.pieces = pieces;
  }

  /** A row with a large value, without a string of all of it. */
  addLarge(row: Row): void {
    const { codec } = this;
    this.begin();
    this.text.addPieces(codec.pieces(row), lengthOf(row));
    this.chunkSum.add(codec.digest(row));
  }

  /** What was gathered, as it is until {@link release}: the next chunk can be begun meanwhile. */
  take(): TakenChunk {
    const { sum, head } = this;
    [this.text, this.taken] = [this.taken, this.text];
    this.clear();
    return { bytes: this.taken.bytes, sum, head };
  }

  /** Nobody needs what was taken any more. */
  release(): void {
    this.taken.clear();
  }

  clear(): void {
    this.text.clear();
    this.pieces = 0;
    this.chunkSum = new RowSum();
  }

  private begin(): void {
    if (this.chunkSum.rows === 0) this.text.add(this.state.firstLine);
  }

  private get state(): TableState {
    const state = this.tables[this.table];
    if (!state) throw new Error(`the row stream has no table ${this.table}`);
    return state;
  }
}

/** About what its line takes, in bytes: base64 is a third longer than what it stands for. */
function lengthOf(row: Row): number {
  let bytes = 1_024;
  for (const value of row) {
    if (Buffer.isBuffer(value)) bytes += Math.ceil(value.length / 3) * 4;
    else if (typeof value === 'string') bytes += Buffer.byteLength(value);
  }
  return bytes;
}
