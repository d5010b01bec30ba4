/** Writes a row stream: under a name of its own until it is whole, readable by its owner alone. */
import { createHash, type Hash, hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { fileFailure } from '../../file-failure.ts';
import { syncDirectory } from '../../private-directory.ts';
import type { StreamKey } from './encryption.ts';
import {
  CHUNK_BYTES,
  CHUNK_ROWS,
  chunkContext,
  type Head,
  headFrame,
  LARGEST_CHUNK,
  type Manifest,
  type RowStreamHeader,
  sealText,
  skippable,
} from './format.ts';
import { partialName, removeLeftovers } from './partial.ts';
import { TextBuffer } from './text-buffer.ts';
import { type Row, RowCodec, type RowDigest, RowSum } from './values.ts';

const compress = promisify(zstdCompress);

export interface WriterOptions {
  /** What the file is called until it is whole; by default a name of this process, for whom it is of use alone. */
  readonly partial?: string | undefined;
  /** Encrypts the rows. */
  readonly key?: StreamKey | undefined;
}

/** Where a file that was cut off is gone on with: behind its last whole batch. */
export interface Resumption {
  readonly header: RowStreamHeader;
  readonly position: number;
  readonly chunks: number;
  readonly batches: number;
  /** Of all heads up to there. */
  readonly heads: Hash;
  readonly sums: readonly RowSum[];
}

interface TableState {
  readonly name: string;
  readonly codec: RowCodec;
  readonly firstLine: string;
}

/** All that writing changes; so that it can be taken back. */
interface State {
  readonly position: number;
  readonly chunks: number;
  readonly batches: number;
  readonly heads: Hash;
  readonly sums: readonly RowSum[];
}

export class RowStreamWriter {
  readonly file: string;
  private readonly partial: string;
  private readonly handle: FileHandle;
  private readonly header: RowStreamHeader;
  private readonly key: StreamKey | undefined;
  private readonly tables: readonly TableState[];
  private state: State;
  /** As it was when the batch at hand began. */
  private kept: State;
  private readonly text = new TextBuffer();
  private chunkSum = new RowSum();
  private current = 0;

  private constructor(
    file: string,
    handle: FileHandle,
    header: RowStreamHeader,
    { partial = partialName(file), key }: WriterOptions,
    state: State,
  ) {
    this.file = file;
    this.partial = partial;
    this.handle = handle;
    this.header = header;
    this.key = key;
    this.tables = header.tables.map(({ name, columns }) => ({
      name,
      codec: new RowCodec(columns, key?.digest),
      firstLine: JSON.stringify({ table: name, columns: columns.map((column) => column.name) }),
    }));
    this.state = state;
    this.kept = copyOf(state);
  }

  /** @throws FILE_FAILED, also when the file is there already: a backup is never overwritten */
  static async create(
    file: string,
    header: RowStreamHeader,
    options: WriterOptions = {},
  ): Promise<RowStreamWriter> {
    let writer: RowStreamWriter | undefined;
    try {
      if (existsSync(file)) throw new Error('there is such a file already');
      if (options.partial === undefined) await removeLeftovers(file);
      const handle = await open(options.partial ?? partialName(file), 'wx', 0o600);
      const nothing: State = {
        position: 0,
        chunks: 0,
        batches: 0,
        heads: createHash('sha256'),
        sums: header.tables.map(() => new RowSum()),
      };
      const encryption = options.key?.forNewFile();
      const whole = encryption ? { ...header, encryption } : header;
      writer = new RowStreamWriter(file, handle, whole, options, nothing);
      await writer.writeHead(whole);
      await syncDirectory(dirname(file));
      writer.keepBatch();
      return writer;
    } catch (error) {
      await writer?.abandon();
      throw fileFailure(file, error);
    }
  }

  /** Goes on with a file that was cut off; what is behind its last whole batch is cut away. @throws FILE_FAILED */
  static async resume(
    file: string,
    partial: string,
    { header, ...state }: Resumption,
    key: StreamKey | undefined,
  ): Promise<RowStreamWriter> {
    try {
      const handle = await open(partial, 'r+');
      await handle.truncate(state.position);
      return new RowStreamWriter(file, handle, header, { partial, key }, state);
    } catch (error) {
      throw fileFailure(partial, error);
    }
  }

  /** @param table place in the header's list of tables; rows of a table are written in one go or in several */
  async write(table: number, rows: readonly Row[]): Promise<void> {
    const { codec } = await this.begin(table);
    for (const row of rows) {
      const line = codec.encode(row);
      // Waiting for nothing would cost more than the rest of it.
      if (this.add(table, line, codec.digest(row, line))) await this.flush();
    }
  }

  /** @param lines rows as {@link RowCodec.encode} would write them */
  async writeLines(table: number, lines: readonly string[]): Promise<void> {
    const { codec } = await this.begin(table);
    for (const line of lines) if (this.add(table, line, codec.digestOfLine(line))) await this.flush();
  }

  /** What was written is on the disk to its last byte; it can still be taken back. */
  async endBatch(): Promise<void> {
    try {
      await this.flush();
      await this.writeHead({ part: 'batch', number: this.state.batches });
      this.state = { ...this.state, batches: this.state.batches + 1 };
      await this.handle.datasync();
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** From here on it stays. */
  keepBatch(): void {
    this.kept = copyOf(this.state);
  }

  /** As if the batch at hand had never begun. */
  async takeBack(): Promise<void> {
    this.startChunk();
    this.state = copyOf(this.kept);
    try {
      await this.handle.truncate(this.state.position);
      // Or a batch that was taken back could come back when the machine goes down.
      await this.handle.datasync();
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** Bytes written. */
  get size(): number {
    return this.state.position;
  }

  /**
   * Makes the file whole: on the disk to its last byte, and under its name.
   * @param summary what the manifest says of the rows beside their number; plain JSON
   */
  async finish(summary?: Readonly<Record<string, unknown>>): Promise<Manifest> {
    try {
      await this.flush();
      const { chunks, sums, heads } = this.state;
      const contents = {
        chunks,
        tables: this.tables.map(({ name }, place) => {
          const { rows = 0, digest = '' } = sums[place] ?? {};
          return { name, rows, digest };
        }),
        ...(summary === undefined ? {} : { summary }),
      };
      const sum = heads.copy().update(sealText(contents)).digest('hex');
      const sha256 = this.key?.seal(sum) ?? sum;
      const manifest: Manifest = { part: 'manifest', ...contents, sha256 };
      await this.writeHead(manifest);
      await this.handle.sync();
      await this.handle.close();
      // Two that write to one name: the second finds it taken, where a rename would take it over.
      await link(this.partial, this.file);
      await rm(this.partial);
      await syncDirectory(dirname(this.file));
      return manifest;
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** Leaves the file as it is, to be gone on with. */
  async leave(): Promise<void> {
    await this.handle.close().catch(() => {});
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.leave();
    await rm(this.partial, { force: true });
  }

  private async begin(table: number): Promise<TableState> {
    if (table !== this.current) await this.flush();
    this.current = table;
    return this.stateOf(table);
  }

  /** @returns whether the chunk is full */
  private add(table: number, line: string, digest: RowDigest): boolean {
    if (this.chunkSum.rows === 0) this.text.add(this.stateOf(table).firstLine);
    this.text.add(line);
    this.chunkSum.add(digest);
    return this.chunkSum.rows >= CHUNK_ROWS || this.text.length >= CHUNK_BYTES;
  }

  private async flush(): Promise<void> {
    if (this.chunkSum.rows === 0) return;
    const text = this.text.bytes;
    if (text.length > LARGEST_CHUNK) throw fileFailure(this.file, new Error('a row is larger than 256 MiB'));
    const { rows, digest } = this.chunkSum;
    const what = { part: 'chunk' as const, table: this.current, rows, digest, characters: text.length };
    const frame = this.sealed(await compress(text), chunkContext(this.header, this.state.chunks, what));
    try {
      await this.writeHead({ ...what, bytes: frame.length, sha256: hash('sha256', frame, 'hex') });
      await this.append(frame);
    } catch (error) {
      throw fileFailure(this.file, error);
    }
    this.state.sums[this.current]?.addAll(this.chunkSum);
    this.state = { ...this.state, chunks: this.state.chunks + 1 };
    this.startChunk();
  }

  private startChunk(): void {
    this.text.clear();
    this.chunkSum = new RowSum();
  }

  private sealed(frame: Buffer, context: string): Buffer {
    return this.key ? skippable(this.key.encrypt(frame, context)) : frame;
  }

  private async writeHead(head: Head): Promise<void> {
    const { frame, text } = headFrame(head);
    this.state.heads.update(text);
    await this.append(frame);
  }

  /** At a place of our own counting: after something was taken back the file's end is not where the handle stands. */
  private async append(bytes: Buffer): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.handle.write(
        bytes,
        written,
        bytes.length - written,
        this.state.position + written,
      );
      written += bytesWritten;
    }
    this.state = { ...this.state, position: this.state.position + bytes.length };
  }

  private stateOf(table: number): TableState {
    const state = this.tables[table];
    if (!state) throw new Error(`the row stream has no table ${table}`);
    return state;
  }
}

function copyOf({ heads, sums, ...state }: State): State {
  return { ...state, heads: heads.copy(), sums: sums.map((sum) => sum.copy()) };
}
