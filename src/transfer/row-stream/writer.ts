/** Writes a row stream: under a name of its own until it is whole, readable by its owner alone. */
import { createHash, hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, link, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { fileFailure } from '../../file-failure.ts';
import {
  CHUNK_CHARACTERS,
  CHUNK_ROWS,
  type Head,
  headFrame,
  LARGEST_CHUNK,
  type Manifest,
  type RowStreamHeader,
  sealText,
} from './format.ts';
import { type Row, RowCodec, RowSum } from './values.ts';

const compress = promisify(zstdCompress);

/** What a file is called until it is whole: every process has a name of its own. */
export function partialName(file: string): string {
  return `${file}.${process.pid}.partial`;
}

/** What a process that was killed has left of this file is of no use to anybody. */
async function removeLeftovers(file: string): Promise<void> {
  const prefix = `${basename(file)}.`;
  for (const name of await readdir(dirname(file))) {
    const pid = /^(\d+)\.partial$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : '')?.[1];
    if (pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid))))
      await rm(join(dirname(file), name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

interface TableState {
  readonly name: string;
  readonly codec: RowCodec;
  readonly firstLine: string;
  readonly sum: RowSum;
}

export class RowStreamWriter {
  readonly file: string;
  private readonly handle: FileHandle;
  private readonly tables: readonly TableState[];
  private readonly heads = createHash('sha256');
  private chunks = 0;
  private lines: string[] = [];
  private characters = 0;
  private chunkSum = new RowSum();
  private current = 0;

  private constructor(file: string, handle: FileHandle, header: RowStreamHeader) {
    this.file = file;
    this.handle = handle;
    this.tables = header.tables.map(({ name, columns }) => ({
      name,
      codec: new RowCodec(columns),
      firstLine: JSON.stringify({ table: name, columns: columns.map((column) => column.name) }),
      sum: new RowSum(),
    }));
  }

  /** @throws FILE_FAILED, also when the file is there already: a backup is never overwritten */
  static async create(file: string, header: RowStreamHeader): Promise<RowStreamWriter> {
    let writer: RowStreamWriter | undefined;
    try {
      if (existsSync(file)) throw new Error('there is such a file already');
      await removeLeftovers(file);
      writer = new RowStreamWriter(file, await open(partialName(file), 'wx', 0o600), header);
      await writer.writeHead(header);
      return writer;
    } catch (error) {
      await writer?.abandon();
      throw fileFailure(file, error);
    }
  }

  /** @param table place in the header's list of tables; rows of a table are written in one go or in several */
  async write(table: number, row: Row): Promise<void> {
    if (table !== this.current) await this.flush();
    this.current = table;
    const { codec } = this.stateOf(table);
    const line = codec.encode(row);
    this.lines.push(line);
    this.characters += line.length + 1;
    this.chunkSum.add(codec.digest(row));
    if (this.lines.length >= CHUNK_ROWS || this.characters >= CHUNK_CHARACTERS) await this.flush();
  }

  /** Makes the file whole: on the disk to its last byte, and under its name. */
  async finish(): Promise<Manifest> {
    try {
      await this.flush();
      const contents = {
        chunks: this.chunks,
        tables: this.tables.map(({ name, sum }) => ({ name, rows: sum.rows, digest: sum.digest })),
      };
      const sha256 = this.heads.copy().update(sealText(contents)).digest('hex');
      const manifest: Manifest = { part: 'manifest', ...contents, sha256 };
      await this.writeHead(manifest);
      await this.handle.sync();
      await this.handle.close();
      // Two that write to one name: the second finds it taken, where a rename would take it over.
      await link(partialName(this.file), this.file);
      await rm(partialName(this.file));
      await syncDirectory(dirname(this.file));
      return manifest;
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.handle.close().catch(() => {});
    await rm(partialName(this.file), { force: true });
  }

  private async flush(): Promise<void> {
    if (this.lines.length === 0) return;
    const { firstLine, sum } = this.stateOf(this.current);
    const text = Buffer.from(`${firstLine}\n${this.lines.join('\n')}\n`);
    if (text.length > LARGEST_CHUNK) throw fileFailure(this.file, new Error('a row is larger than 256 MiB'));
    const frame = await compress(text);
    try {
      await this.writeHead({
        part: 'chunk',
        table: this.current,
        rows: this.chunkSum.rows,
        digest: this.chunkSum.digest,
        bytes: frame.length,
        sha256: hash('sha256', frame, 'hex'),
        characters: text.length,
      });
      await this.handle.writeFile(frame);
    } catch (error) {
      throw fileFailure(this.file, error);
    }
    sum.addAll(this.chunkSum);
    this.chunks++;
    this.lines = [];
    this.characters = 0;
    this.chunkSum = new RowSum();
  }

  private async writeHead(head: Head): Promise<void> {
    const { frame, text } = headFrame(head);
    this.heads.update(text);
    await this.handle.writeFile(frame);
  }

  private stateOf(table: number): TableState {
    const state = this.tables[table];
    if (!state) throw new Error(`the row stream has no table ${table}`);
    return state;
  }
}

/** A name is on the disk only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
