/** Writes a row stream: under a name of its own until it is complete, readable by its owner alone. */
import { createHash, hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { fileFailure, syncDirectory } from '../../system/index.ts';
import { ChunkBuffer } from './chunk-buffer.ts';
import type { StreamKey } from './encryption.ts';
import { chunkTooLarge, fileExists } from './failures.ts';
import {
  type ChunkHead,
  chunkContext,
  type Head,
  headFrame,
  LARGEST_CHUNK,
  type Manifest,
  PIECED_VERSION,
  type PieceHead,
  pieceContext,
  type RowStreamHeader,
  skippable,
} from './format.ts';
import { LargeValue } from './large-value.ts';
import { partialName, removeLeftovers } from './partial.ts';
import { PartialFile } from './partial-file.ts';
import { inPieces, pieceText } from './pieces.ts';
import { kindOf, type Row } from './values.ts';
import { copyOf, manifestOf, newState, type Resumption, type WriterState } from './writer-state.ts';

const compress = promisify(zstdCompress);

export interface WriterOptions {
  /** What the file is called until it is complete; by default a name of this process, for whom it is of use alone. */
  readonly partial?: string | undefined;
  /** Encrypts the rows. */
  readonly key?: StreamKey | undefined;
}

export class RowStreamWriter {
  readonly file: string;
  private readonly output: PartialFile;
  private readonly header: RowStreamHeader;
  private readonly key: StreamKey | undefined;
  private readonly chunk: ChunkBuffer;
  private state: WriterState;
  /** As it was when the batch at hand began. */
  private kept: WriterState;

  private constructor(
    file: string,
    output: PartialFile,
    header: RowStreamHeader,
    key: StreamKey | undefined,
    state: WriterState,
  ) {
    this.file = file;
    this.output = output;
    this.header = header;
    this.key = key;
    this.chunk = new ChunkBuffer(header, key);
    this.state = state;
    this.kept = copyOf(state);
  }

  /** @throws FILE_FAILED, also when the file already exists: a backup is never overwritten */
  static async create(
    file: string,
    header: RowStreamHeader,
    options: WriterOptions = {},
  ): Promise<RowStreamWriter> {
    let writer: RowStreamWriter | undefined;
    try {
      if (existsSync(file)) throw fileExists(file);
      if (options.partial === undefined) await removeLeftovers(file);
      const output = await PartialFile.create(file, options.partial ?? partialName(file));
      const encryption = options.key?.forNewFile();
      const written = encryption ? { ...header, encryption } : header;
      writer = new RowStreamWriter(file, output, written, options.key, newState(header));
      await writer.writeHead(written);
      await syncDirectory(dirname(file));
      writer.keepBatch();
      return writer;
    } catch (error) {
      await writer?.abandon();
      throw fileFailure(file, error);
    }
  }

  /** Continues an interrupted file; what is behind its last complete batch is removed. @throws FILE_FAILED */
  static async resume(
    file: string,
    partial: string,
    { header, ...state }: Resumption,
    key: StreamKey | undefined,
  ): Promise<RowStreamWriter> {
    try {
      const output = await PartialFile.continue(file, partial, state.position);
      return new RowStreamWriter(file, output, header, key, state);
    } catch (error) {
      throw fileFailure(partial, error);
    }
  }

  /** @param table place in the header's list of tables; rows of a table are written in one go or in several */
  async write(table: number, rows: readonly Row[]): Promise<void> {
    await this.begin(table);
    const { codec } = this.chunk;
    for (const row of rows) {
      const line = codec.encode(row);
      // Waiting for nothing would cost more than the rest of it.
      if (this.chunk.add(line, codec.digest(row, line))) await this.flush();
    }
  }

  /** A row with a large value, without a string of all of it. */
  async writeLargeRow(table: number, row: Row): Promise<void> {
    await this.begin(table);
    this.chunk.addLarge(row);
    await this.flush();
  }

  /** Whether rows with large values can be written to it. */
  get takesPieces(): boolean {
    return this.header.version === PIECED_VERSION;
  }

  /**
   * A row with large values, which are read as they are written.
   * @returns the row as a reader will have it
   * @throws PieceLostError; what the reading throws; then something of the row may have been written
   */
  async writePieced(table: number, row: Row): Promise<Row> {
    if (!this.takesPieces) throw new Error('the row stream takes no pieces');
    await this.begin(table);
    await this.flush();
    const written = [...row];
    let pieces = 0;
    for (const [column, value] of row.entries()) {
      if (!(value instanceof LargeValue)) continue;
      const { sha256, numbers } = await this.writePieces(table, column, value);
      written[column] = new LargeValue(value.bytes, sha256);
      pieces += numbers;
    }
    const { codec } = this.chunk;
    const line = codec.encode(written);
    this.chunk.addPieced(line, codec.digest(codec.decode(line), line), pieces);
    await this.flush();
    return written;
  }

  /** @param line a row as {@link RowCodec.encode} would write it @param row what {@link RowCodec.decode} makes of it */
  async writeLine(table: number, line: string, row: Row): Promise<void> {
    await this.begin(table);
    if (this.chunk.add(line, this.chunk.codec.digest(row, line))) await this.flush();
  }

  /** The same for many of them, which costs less. @throws what {@link lines} does; those before it are written */
  async writeLines(table: number, lines: Iterable<readonly [line: string, row: Row]>): Promise<void> {
    await this.begin(table);
    const { codec } = this.chunk;
    for (const [line, row] of lines) if (this.chunk.add(line, codec.digest(row, line))) await this.flush();
  }

  /** What was written is on the disk to its last byte; it can still be taken back. */
  async endBatch(): Promise<void> {
    try {
      await this.flush();
      await this.writeHead({ part: 'batch', number: this.state.batches });
      this.state = { ...this.state, batches: this.state.batches + 1 };
      await this.output.reachDisk();
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** From here on it is kept. */
  keepBatch(): void {
    this.kept = copyOf(this.state);
  }

  /** As if the batch at hand had never begun. */
  async takeBack(): Promise<void> {
    this.chunk.clear();
    this.state = copyOf(this.kept);
    try {
      await this.output.cut(this.state.position);
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** No batch is in it. */
  get isEmpty(): boolean {
    return this.state.batches === 0;
  }

  /** Bytes written. */
  get size(): number {
    return this.state.position;
  }

  /**
   * Completes the file: on the disk to its last byte, and under its name.
   * @param summary what the manifest says of the rows beside their number; plain JSON
   */
  async finish(summary?: Readonly<Record<string, unknown>>): Promise<Manifest> {
    try {
      await this.flush();
      const manifest = manifestOf(this.header, this.state, this.key, summary);
      await this.writeHead(manifest);
      await this.output.complete();
      return manifest;
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** Leaves the file as it is, to be continued. */
  async leave(): Promise<void> {
    await this.output.leave();
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.output.remove();
  }

  private async begin(table: number): Promise<void> {
    if (table !== this.chunk.table) await this.flush();
    this.chunk.table = table;
  }

  private async flush(): Promise<void> {
    const { bytes: text, sum, head } = this.chunk;
    if (sum.rows === 0) return;
    if (text.length > LARGEST_CHUNK) throw chunkTooLarge(this.file);
    const frame = this.sealed(await compress(text), chunkContext(this.header, this.state.chunks, head));
    await this.appendFrame(head, frame);
    this.state.sums[head.table]?.addAll(sum);
    this.chunk.clear();
  }

  private async writePieces(
    place: number,
    column: number,
    value: LargeValue,
  ): Promise<{ readonly sha256: string; readonly numbers: number }> {
    const table = this.header.tables[place];
    const type = table?.columns[column];
    if (!table || !type) throw new Error(`the row stream has no column ${column} of table ${place}`);
    const sum = createHash('sha256');
    let number = 0;
    for await (const piece of inPieces(value.pieces(), kindOf(type) !== 'binary')) {
      sum.update(piece);
      const text = pieceText(table, column, number, piece);
      const head = { part: 'piece', table: place, column, number, characters: text.length } as const;
      const context = pieceContext(this.header, this.state.chunks, head);
      await this.appendFrame(head, this.sealed(await compress(text), context));
      number++;
    }
    return { sha256: sum.digest('hex'), numbers: number };
  }

  private async appendFrame(
    head: Omit<ChunkHead, 'bytes' | 'sha256'> | Omit<PieceHead, 'bytes' | 'sha256'>,
    frame: Buffer,
  ): Promise<void> {
    try {
      await this.writeHead({ ...head, bytes: frame.length, sha256: hash('sha256', frame, 'hex') });
      await this.append(frame);
    } catch (error) {
      throw fileFailure(this.file, error);
    }
    this.state = { ...this.state, chunks: this.state.chunks + 1 };
  }

  private sealed(frame: Buffer, context: string): Buffer {
    return this.key ? skippable(this.key.encrypt(frame, context)) : frame;
  }

  private async writeHead(head: Head): Promise<void> {
    const { frame, text } = headFrame(head);
    this.state.heads.update(text);
    await this.append(frame);
  }

  private async append(bytes: Buffer): Promise<void> {
    await this.output.write(bytes, this.state.position);
    this.state = { ...this.state, position: this.state.position + bytes.length };
  }
}
