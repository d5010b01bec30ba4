/** Gathers rows of one table until they make a chunk. */
import type { StreamKey } from './encryption.ts';
import { CHUNK_BYTES, CHUNK_ROWS, type ChunkHead, type RowStreamHeader } from './format.ts';
import { TextBuffer } from './text-buffer.ts';
import { type Row, RowCodec, type RowDigest, RowSum } from './values.ts';

interface TableState {
  readonly name: string;
  readonly codec: RowCodec;
  readonly firstLine: string;
}

export class ChunkBuffer {
  /** Place of the rows' table in the header. */
  table = 0;
  private readonly tables: readonly TableState[];
  private readonly text = new TextBuffer();
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

  /** Until it is cleared. */
  get bytes(): Buffer {
    return this.text.bytes;
  }

  get codec(): RowCodec {
    return this.state.codec;
  }

  get head(): Omit<ChunkHead, 'bytes' | 'sha256'> {
    const { rows, digest } = this.chunkSum;
    const head = { part: 'chunk', table: this.table, rows, digest, characters: this.text.length } as const;
    return this.pieces === 0 ? head : { ...head, pieces: this.pieces };
  }

  /** @returns whether the chunk is full */
  add(line: string, digest: RowDigest): boolean {
    this.begin();
    this.text.add(line);
    this.chunkSum.add(digest);
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
