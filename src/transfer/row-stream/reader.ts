/** Reads a row stream, believing nothing: sizes are bounded, and what was read is held against its checksums. */
import { createHash, hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { fileFailure } from '../../file-failure.ts';
import { damaged } from './failures.ts';
import {
  type ChunkHead,
  FRAME_HEAD_BYTES,
  HEAD,
  type Head,
  headLength,
  type Manifest,
  type RowStreamHeader,
  type RowStreamTable,
  sealText,
} from './format.ts';
import { RowCodec, RowSum } from './values.ts';

const decompress = promisify(zstdDecompress);

export interface Chunk {
  readonly table: RowStreamTable;
  readonly head: ChunkHead;
  readonly rows: readonly (readonly unknown[])[];
}

export class RowStreamReader {
  readonly file: string;
  readonly header: RowStreamHeader;
  readonly manifest: Manifest;
  private readonly handle: FileHandle;
  private readonly places: readonly { readonly head: ChunkHead; readonly at: number }[];
  private readonly codecs: readonly RowCodec[];

  private constructor(file: string, handle: FileHandle, contents: Contents) {
    this.file = file;
    this.handle = handle;
    this.header = contents.header;
    this.manifest = contents.manifest;
    this.places = contents.places;
    this.codecs = contents.header.tables.map(({ columns }) => new RowCodec(columns));
  }

  /**
   * Reads the heads alone, passing over the chunks: what the file holds is known at once, however large it is.
   * @throws FILE_FAILED; FILE_DAMAGED for a file that was cut off, changed, or is another one
   */
  static async open(file: string): Promise<RowStreamReader> {
    // A pipe would be waited for without end.
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
    if (!isFile) throw fileFailure(file, new Error('it is no regular file'), 'read');
    const handle = await open(file, 'r').catch((error: unknown) => {
      throw fileFailure(file, error, 'read');
    });
    try {
      return new RowStreamReader(file, handle, await readContents(handle, file));
    } catch (error) {
      await handle.close();
      throw asDamage(file, error);
    }
  }

  /** One after the other, each proven before it is given out. @throws FILE_DAMAGED */
  async *chunks(): AsyncGenerator<Chunk> {
    for (const { head, at } of this.places) {
      yield await this.read(head, at).catch((error: unknown) => {
        throw asDamage(this.file, error);
      });
    }
  }

  /** Reads everything once. @throws FILE_DAMAGED unless every row is there as it was written */
  async verify(): Promise<void> {
    const sums = this.header.tables.map(() => new RowSum());
    for await (const { head, rows } of this.chunks()) {
      for (const row of rows) sums[head.table]?.add(this.codecs[head.table]?.digest(row) ?? 0n);
    }
    for (const [place, { name, rows, digest }] of this.manifest.tables.entries()) {
      if (sums[place]?.rows !== rows || sums[place]?.digest !== digest)
        throw damaged(this.file, `the rows of ${name} are not those of its manifest`);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private async read(head: ChunkHead, at: number): Promise<Chunk> {
    const table = this.header.tables[head.table];
    const codec = this.codecs[head.table];
    if (!table || !codec) throw new Error('a chunk is of no table');
    const frame = await readExactly(this.handle, at, head.bytes);
    if (hash('sha256', frame, 'hex') !== head.sha256) throw new Error(`a chunk of ${table.name} was changed`);
    const text = await decompress(frame, { maxOutputLength: head.characters + 1 });
    // The first line names the table, for people; the last one ends with a line break too.
    const lines = text.toString().split('\n').slice(1, -1);
    if (lines.length !== head.rows)
      throw new Error(`a chunk of ${table.name} has not as many rows as it says`);
    return { table, head, rows: lines.map((line) => codec.decode(line)) };
  }
}

interface Contents {
  readonly header: RowStreamHeader;
  readonly manifest: Manifest;
  readonly places: readonly { readonly head: ChunkHead; readonly at: number }[];
}

async function readContents(handle: FileHandle, file: string): Promise<Contents> {
  const { size } = await handle.stat();
  const heads = createHash('sha256');
  const places: { head: ChunkHead; at: number }[] = [];
  let header: RowStreamHeader | undefined;
  for (let at = 0; at < size; ) {
    const { head, text, end } = await readHead(handle, file, at);
    at = end;
    if (head.part === 'header' && !header) {
      header = head;
    } else if (head.part === 'chunk' && header) {
      places.push({ head, at });
      at += head.bytes;
    } else if (head.part === 'manifest' && header) {
      if (at !== size) throw damaged(file, 'something follows its end');
      const sha256 = heads.update(sealText(head)).digest('hex');
      const names = (tables: readonly { readonly name: string }[]) =>
        tables.map(({ name }) => name).join('\n');
      if (names(head.tables) !== names(header.tables)) throw damaged(file, 'its manifest is of other tables');
      if (sha256 !== head.sha256 || head.chunks !== places.length)
        throw damaged(file, 'its heads are not those of its manifest');
      return { header, manifest: head, places };
    } else throw damaged(file, 'its parts are out of order');
    heads.update(text);
  }
  throw damaged(file, 'it was cut off');
}

async function readHead(
  handle: FileHandle,
  file: string,
  at: number,
): Promise<{ head: Head; text: string; end: number }> {
  const start = await readExactly(handle, at, FRAME_HEAD_BYTES);
  const length = headLength(start);
  if (length === undefined)
    throw damaged(
      file,
      at === 0 ? 'it is no file of rows of MultiFlexi' : 'a head is not where it should be',
    );
  const text = (await readExactly(handle, at + FRAME_HEAD_BYTES, length)).toString();
  const parsed = HEAD.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw damaged(file, at === 0 ? 'it is of a format that this program does not know' : 'a head is not one');
  return { head: parsed.data, text, end: at + FRAME_HEAD_BYTES + length };
}

async function readExactly(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(buffer, read, length - read, at + read);
    if (bytesRead === 0) throw new Error('it was cut off');
    read += bytesRead;
  }
  return buffer;
}

/** What a broken file makes a parser say is not worth telling in its own words. */
function asDamage(file: string, error: unknown): unknown {
  if (error instanceof SyntaxError) return damaged(file, 'it holds what is no JSON');
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ZSTD') || code === 'ERR_BUFFER_TOO_LARGE')
    return damaged(file, 'a chunk cannot be decompressed');
  if (code !== '') return fileFailure(file, error, 'read');
  return error instanceof Error && error.name === 'Error' ? damaged(file, error.message) : error;
}
