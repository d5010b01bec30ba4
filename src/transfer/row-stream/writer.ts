/** Writes a row stream: under a name of its own until it is complete, readable by its owner alone. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileFailure, syncDirectory } from '../../system/index.ts';
import { ChunkBuffer } from './chunk-buffer.ts';
import type { StreamKey } from './encryption.ts';
import { chunkTooLarge, fileExists } from './failures.ts';
import { LARGEST_CHUNK, type Manifest, PIECED_VERSION, type RowStreamHeader } from './format.ts';
import { FrameWriter } from './frames.ts';
import { LargeValue } from './large-value.ts';
import { partialName, removeLeftovers } from './partial.ts';
import { PartialFile } from './partial-file.ts';
import type { Row } from './values.ts';
import { copyOf, manifestOf, newState, type Resumption, type WriterState } from './writer-state.ts';

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
  private readonly frames: FrameWriter;
  /** The chunk that is being compressed and written, while the next one is gathered. */
  private onItsWay: Promise<void> = Promise.resolve();
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
    this.frames = new FrameWriter(file, output, { header, key, state });
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
      await writer.frames.writeHead(written);
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
    // Of such a row there are no two in memory.
    await this.written();
    this.chunk.addLarge(row);
    await this.written();
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
    await this.written();
    const written = [...row];
    let pieces = 0;
    for (const [column, value] of row.entries()) {
      if (!(value instanceof LargeValue)) continue;
      const { sha256, numbers } = await this.frames.writePieces(table, column, value);
      written[column] = new LargeValue(value.bytes, sha256);
      pieces += numbers;
    }
    const { codec } = this.chunk;
    const line = codec.encode(written);
    this.chunk.addPieced(line, codec.digest(codec.decode(line), line), pieces);
    await this.written();
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

  /**
   * The same for lines as the bytes of their UTF-8, with a break between them: nothing is made of them but digests.
   * @param text at least one line, of a table without JSON values @returns how many lines it has
   */
  async writeText(table: number, text: Buffer): Promise<number> {
    await this.begin(table);
    if (!this.chunk.codec.linesAreCanonical) throw new Error('JSON values of the lines may not be canonical');
    let lines = 0;
    for (let at = 0; at <= text.length; ) {
      const before = this.chunk.sum.rows;
      at = this.chunk.addLines(text, at);
      lines += this.chunk.sum.rows - before;
      if (this.chunk.isFull) await this.flush();
    }
    return lines;
  }

  /** What was written is on the disk to its last byte; it can still be taken back. */
  async endBatch(): Promise<void> {
    try {
      await this.written();
      await this.frames.endBatch();
      await this.output.reachDisk();
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** From here on it is kept. */
  keepBatch(): void {
    this.kept = copyOf(this.frames.state);
  }

  /** As if the batch at hand had never begun. */
  async takeBack(): Promise<void> {
    await this.onItsWay.catch(() => {});
    this.onItsWay = Promise.resolve();
    this.chunk.clear();
    this.frames.state = copyOf(this.kept);
    try {
      await this.output.cut(this.frames.state.position);
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** No batch is in it. */
  get isEmpty(): boolean {
    return this.frames.state.batches === 0;
  }

  /** Bytes written. */
  get size(): number {
    return this.frames.state.position;
  }

  /**
   * Completes the file: on the disk to its last byte, and under its name.
   * @param summary what the manifest says of the rows beside their number; plain JSON
   */
  async finish(summary?: Readonly<Record<string, unknown>>): Promise<Manifest> {
    try {
      await this.written();
      const manifest = manifestOf(this.header, this.frames.state, this.key, summary);
      await this.frames.writeHead(manifest);
      await this.output.complete();
      return manifest;
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** Leaves the file as it is, to be continued. */
  async leave(): Promise<void> {
    await this.onItsWay.catch(() => {});
    await this.output.leave();
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.onItsWay.catch(() => {});
    await this.output.remove();
  }

  private async begin(table: number): Promise<void> {
    if (table !== this.chunk.table) await this.flush();
    this.chunk.table = table;
  }

  /** Whatever was gathered is in the file. */
  private async written(): Promise<void> {
    await this.flush();
    await this.onItsWay;
  }

  /** Sends the chunk on its way, behind the one before. @throws what became of that */
  private async flush(): Promise<void> {
    if (this.chunk.sum.rows === 0) return;
    await this.onItsWay;
    const taken = this.chunk.take();
    if (taken.bytes.length > LARGEST_CHUNK) throw chunkTooLarge(this.file);
    this.onItsWay = this.frames.writeChunk(taken).finally(() => this.chunk.release());
    // Thrown where it is waited for.
    this.onItsWay.catch(() => {});
  }
}
