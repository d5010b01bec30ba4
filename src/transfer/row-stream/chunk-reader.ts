/** Reads the chunks of a file of rows, believing nothing: sizes are bounded, and each is held against its checksum. */
import { createHash, hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { isMultiFlexiError, type MultiFlexiError } from '../../errors.ts';
import type { StreamKey } from './encryption.ts';
import {
  asDamage,
  chunkChanged,
  chunkCountDiffers,
  chunkEndsWithinRow,
  chunkLengthDiffers,
  chunkNotFramed,
  chunkOfNoTable,
  encryptedChunkChanged,
  PIECE_FAULTS,
  passphraseNeeded,
  pieceDamaged,
  piecesOfNoRow,
} from './failures.ts';
import {
  type ChunkHead,
  chunkContext,
  FRAME_HEAD_BYTES,
  headLength,
  type PieceHead,
  pieceContext,
  type RowStreamHeader,
  type RowStreamTable,
} from './format.ts';
import { type ChunkPlace, type PiecePlace, readExactly } from './heads.ts';
import { LargeValue } from './large-value.ts';
import { pieceIn } from './pieces.ts';
import { type Row, RowCodec, type RowDigest, rowWords } from './values.ts';

const decompress = promisify(zstdDecompress);

/** Rows that are decoded together. */
const PART_ROWS = 250;

export interface Chunk {
  readonly table: RowStreamTable;
  readonly head: ChunkHead;
  readonly rows: readonly (readonly unknown[])[];
  /** Which batch it is of, from 0. */
  readonly batch: number;
}

/** Reads chunks by their heads, and verifies them. */
export class ChunkReader {
  readonly file: string;
  private readonly handle: FileHandle;
  private readonly header: RowStreamHeader;
  private readonly key: StreamKey | undefined;
  private readonly codecs: readonly RowCodec[];

  constructor(file: string, handle: FileHandle, header: RowStreamHeader, key: StreamKey | undefined) {
    this.file = file;
    this.handle = handle;
    this.header = header;
    this.key = key;
    try {
      this.codecs = header.tables.map(({ columns }) => new RowCodec(columns, key?.digest));
    } catch (error) {
      throw asDamage(file, error);
    }
  }

  /** @throws FILE_DAMAGED, PASSPHRASE_NEEDED */
  async read(place: ChunkPlace): Promise<Chunk> {
    for await (const chunk of this.parts(place, Number.POSITIVE_INFINITY)) return chunk;
    throw chunkCountDiffers(this.file, this.header.tables[place.head.table]?.name ?? '');
  }

  /**
   * The same, so many rows at a time: few of them are garbage while they are young, which costs nothing; all rows of a chunk would outlive
   * that. How many there are is known with the last ones.
   */
  async *parts(place: ChunkPlace, most = PART_ROWS): AsyncGenerator<Chunk> {
    if (this.header.encryption && !this.key) throw passphraseNeeded(this.file);
    const { head, at, batch, number } = place;
    try {
      const table = this.header.tables[head.table];
      const codec = this.codecs[head.table];
      if (!table || !codec) throw chunkOfNoTable(this.file);
      const context = chunkContext(this.header, number, head);
      const text = await this.textOf(head, at, context, () => chunkChanged(this.file, table.name));
      const isPieced = place.pieces.length > 0 || head.pieces !== undefined;
      let rows: Row[] = [];
      let count = 0;
      // The first line names the table, for people. Each is made a string by itself: a large one is there once.
      for (let start = text.indexOf('\n') + 1; start < text.length; ) {
        const end = text.indexOf('\n', start);
        if (end === -1) throw chunkEndsWithinRow(this.file, table.name);
        rows.push(codec.decode(text.toString('utf8', start, end)));
        start = end + 1;
        count++;
        const isLast = start >= text.length;
        if (isLast && count !== head.rows) throw chunkCountDiffers(this.file, table.name);
        if (!isLast && rows.length < most) continue;
        const arePieced = isPieced || rows.some(hasLarge);
        yield { table, head, batch, rows: arePieced ? [this.withPieces(table, place, rows)] : rows };
        rows = [];
      }
      if (count !== head.rows) throw chunkCountDiffers(this.file, table.name);
      if (count === 0) yield { table, head, batch, rows };
    } catch (error) {
      throw asDamage(this.file, error);
    }
  }

  /** Reads large values to their end. @throws FILE_DAMAGED, which names the row, unless they are as they were written */
  async verifyPieces({ rows }: Chunk): Promise<void> {
    for (const row of rows)
      for (const value of row) if (value instanceof LargeValue) for await (const _ of value.pieces());
  }

  /** Pieces are read when they are asked for. */
  private withPieces(table: RowStreamTable, { head, pieces }: ChunkPlace, rows: readonly Row[]): Row {
    const [row, ...others] = rows;
    if (!row || others.length > 0 || pieces.some((piece) => piece.head.table !== head.table))
      throw piecesOfNoRow(this.file, table.name);
    let expected = 0;
    const whole = row.map((value, column) => {
      const own = pieces.filter((piece) => piece.head.column === column);
      if (!(value instanceof LargeValue)) return value;
      const isInOrder = own.every(
        (piece, number) => piece === pieces[expected + number] && piece.head.number === number,
      );
      if (own.length === 0 || !isInOrder) throw this.damagedPiece(table, row, column, PIECE_FAULTS.misplaced);
      expected += own.length;
      return value.readFrom(() => this.piecesOf(table, row, column, value, own));
    });
    if (expected !== pieces.length || (head.pieces ?? 0) !== pieces.length)
      throw this.damagedPiece(table, row, pieces[0]?.head.column ?? 0, PIECE_FAULTS.misplaced);
    return whole;
  }

  private async *piecesOf(
    table: RowStreamTable,
    row: Row,
    column: number,
    value: LargeValue,
    places: readonly PiecePlace[],
  ): AsyncGenerator<Buffer> {
    const sum = createHash('sha256');
    let bytes = 0;
    for (const { head, at, number } of places) {
      const piece = await this.piece(table, row, { head, at, number });
      bytes += piece.length;
      if (bytes > value.bytes) break;
      sum.update(piece);
      yield piece;
    }
    if (bytes !== value.bytes || sum.digest('hex') !== value.sha256)
      throw this.damagedPiece(table, row, column, PIECE_FAULTS.differs);
  }

  private async piece(table: RowStreamTable, row: Row, { head, at, number }: PiecePlace): Promise<Buffer> {
    const changed = () => this.damagedPiece(table, row, head.column, PIECE_FAULTS.changed);
    try {
      const context = pieceContext(this.header, number, head);
      return pieceIn(table, head.column, await this.textOf(head, at, context, changed));
    } catch (error) {
      const damage = asDamage(this.file, error);
      throw isMultiFlexiError(damage, 'FILE_DAMAGED') ? changed() : damage;
    }
  }

  private damagedPiece(table: RowStreamTable, row: Row, column: number, fault: string): MultiFlexiError {
    return pieceDamaged(this.file, rowWords(table, row), table.columns[column]?.name ?? 'unknown', fault);
  }

  private async textOf(
    head: ChunkHead | PieceHead,
    at: number,
    context: string,
    changed: () => MultiFlexiError,
  ): Promise<Buffer> {
    const frame = await readExactly(this.handle, this.file, at, head.bytes);
    if (hash('sha256', frame, 'hex') !== head.sha256) throw changed();
    const text = await decompress(this.opened(frame, head.bytes, context), {
      maxOutputLength: head.characters + 1,
      // All of it in one piece: pieces would be put together, and be there twice.
      chunkSize: Math.max(head.characters + 1, 1_024),
    });
    if (text.length !== head.characters)
      throw chunkLengthDiffers(this.file, this.header.tables[head.table]?.name ?? '');
    return text;
  }

  digest(table: number, row: readonly unknown[]): RowDigest {
    return this.codecs[table]?.digest(row) ?? '';
  }

  private opened(frame: Buffer, bytes: number, context: string): Buffer {
    if (!this.key) return frame;
    if (headLength(frame, bytes) !== frame.length - FRAME_HEAD_BYTES) throw chunkNotFramed(this.file);
    try {
      return this.key.decrypt(frame.subarray(FRAME_HEAD_BYTES), context);
    } catch {
      throw encryptedChunkChanged(this.file);
    }
  }
}

function hasLarge(row: Row): boolean {
  return row.some((value) => value instanceof LargeValue);
}
