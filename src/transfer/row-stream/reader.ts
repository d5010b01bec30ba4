/** Reads a row stream, believing nothing: sizes are bounded, and what was read is held against its checksums. */
import { createHash, type Hash, hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { fileFailure } from '../../file-failure.ts';
import type { Passphrase, StreamKey } from './encryption.ts';
import { passphraseNeeded } from './encryption.ts';
import { asDamage, damaged } from './failures.ts';
import {
  type ChunkHead,
  chunkContext,
  FRAME_HEAD_BYTES,
  HEAD,
  type Head,
  headLength,
  type Manifest,
  type RowStreamHeader,
  type RowStreamTable,
  sealText,
} from './format.ts';
import { RowCodec, type RowDigest, RowSum } from './values.ts';

const decompress = promisify(zstdDecompress);

export interface Chunk {
  readonly table: RowStreamTable;
  readonly head: ChunkHead;
  readonly rows: readonly (readonly unknown[])[];
  /** Which batch it is of, from 0. */
  readonly batch: number;
}

export interface ReadOptions {
  /** Without it the rows of an encrypted file cannot be read, and its seal is not looked at. */
  readonly passphrase?: Passphrase | undefined;
}

export class RowStreamReader {
  readonly file: string;
  readonly header: RowStreamHeader;
  readonly manifest: Manifest;
  /** Its size. */
  readonly bytes: number;
  private readonly handle: FileHandle;
  private readonly places: readonly Place[];
  private readonly chunkReader: ChunkReader;

  private constructor(
    file: string,
    handle: FileHandle,
    contents: Contents,
    manifest: Manifest,
    key: StreamKey | undefined,
  ) {
    this.file = file;
    this.handle = handle;
    this.header = contents.header;
    this.manifest = manifest;
    this.bytes = contents.bytes;
    this.places = contents.places;
    this.chunkReader = new ChunkReader(file, handle, contents.header, key);
  }

  /**
   * Reads the heads alone, passing over the chunks: what the file holds is known at once, however large it is.
   * @throws FILE_FAILED; FILE_DAMAGED for a file that was cut off, changed, or is another one; PASSPHRASE_WRONG
   */
  static async open(file: string, { passphrase }: ReadOptions = {}): Promise<RowStreamReader> {
    const handle = await openFile(file);
    try {
      const contents = await readContents(handle, file);
      const { manifest } = contents;
      if (!manifest) throw damaged(file, 'it was cut off');
      const { encryption } = contents.header;
      const key = encryption && passphrase ? await passphrase.unlock(encryption, file) : undefined;
      requireSealed(file, contents, manifest, key);
      return new RowStreamReader(file, handle, contents, manifest, key);
    } catch (error) {
      await handle.close();
      throw asDamage(file, error);
    }
  }

  /**
   * One after the other, each proven before it is given out; of one table alone if it is named.
   * @throws FILE_DAMAGED, PASSPHRASE_NEEDED
   */
  async *chunks(table?: string): AsyncGenerator<Chunk> {
    for (const [number, place] of this.places.entries()) {
      if (table === undefined || this.header.tables[place.head.table]?.name === table)
        yield await this.chunkReader.read(number, place);
    }
  }

  /** Reads everything once. @throws FILE_DAMAGED unless every row is there as it was written */
  async verify(onChunk: (chunk: Chunk) => void = () => {}): Promise<void> {
    const sums = this.header.tables.map(() => new RowSum());
    for await (const chunk of this.chunks()) {
      const { head, rows } = chunk;
      for (const row of rows) sums[head.table]?.add(this.chunkReader.digest(head.table, row));
      onChunk(chunk);
    }
    for (const [place, { name, rows, digest }] of this.manifest.tables.entries()) {
      if (sums[place]?.rows !== rows || sums[place]?.digest !== digest)
        throw damaged(this.file, `the rows of ${name} are not those of its manifest`);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** Reads chunks by their heads, and proves them. */
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
  async read(number: number, { head, at, batch }: Place): Promise<Chunk> {
    if (this.header.encryption && !this.key) throw passphraseNeeded(this.file);
    try {
      const table = this.header.tables[head.table];
      const codec = this.codecs[head.table];
      if (!table || !codec) throw new Error('a chunk is of no table');
      const frame = await readExactly(this.handle, at, head.bytes);
      if (hash('sha256', frame, 'hex') !== head.sha256)
        throw new Error(`a chunk of ${table.name} was changed`);
      const text = await decompress(this.opened(frame, number, head), {
        maxOutputLength: head.characters + 1,
      });
      if (text.length !== head.characters)
        throw new Error(`a chunk of ${table.name} is not as long as it says`);
      // The first line names the table, for people; the last one ends with a line break too.
      const lines = text.toString().split('\n').slice(1, -1);
      if (lines.length !== head.rows)
        throw new Error(`a chunk of ${table.name} has not as many rows as it says`);
      return { table, head, batch, rows: lines.map((line) => codec.decode(line)) };
    } catch (error) {
      throw asDamage(this.file, error);
    }
  }

  digest(table: number, row: readonly unknown[]): RowDigest {
    return this.codecs[table]?.digest(row) ?? '';
  }

  private opened(frame: Buffer, number: number, head: ChunkHead): Buffer {
    if (!this.key) return frame;
    if (headLength(frame, head.bytes) !== frame.length - FRAME_HEAD_BYTES)
      throw new Error('an encrypted chunk is not in a frame of its own');
    try {
      return this.key.decrypt(frame.subarray(FRAME_HEAD_BYTES), chunkContext(this.header, number, head));
    } catch {
      throw new Error('an encrypted chunk was changed');
    }
  }
}

/** @throws FILE_FAILED */
export async function openFile(file: string): Promise<FileHandle> {
  // A pipe would be waited for without end.
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
  if (!isFile) throw fileFailure(file, new Error('it is no regular file'), 'read');
  return open(file, 'r').catch((error: unknown) => {
    throw fileFailure(file, error, 'read');
  });
}

/** A chunk's head, and where the chunk itself begins. */
export interface Place {
  readonly head: ChunkHead;
  readonly at: number;
  readonly batch: number;
}

/** The heads of a file. */
export interface Contents {
  readonly bytes: number;
  readonly header: RowStreamHeader;
  readonly places: readonly Place[];
  /** Undefined when the file was cut off. */
  readonly manifest: Manifest | undefined;
  /** Of all heads before the manifest. */
  readonly heads: Hash;
  /** Where each batch ends, with the heads up to there. */
  readonly batches: readonly BatchEnd[];
}

interface BatchEnd {
  readonly position: number;
  readonly chunks: number;
  readonly heads: Hash;
}

/** @throws FILE_DAMAGED when the manifest, or what it says of the heads, is not what was written */
function requireSealed(
  file: string,
  { header, heads, places }: Contents,
  manifest: Manifest,
  key: StreamKey | undefined,
): void {
  const names = (tables: readonly { readonly name: string }[]) => tables.map(({ name }) => name).join('\n');
  if (names(manifest.tables) !== names(header.tables)) throw damaged(file, 'its manifest is of other tables');
  const sum = heads.copy().update(sealText(manifest)).digest('hex');
  const sealed = header.encryption && !key ? manifest.sha256 : (key?.seal(sum) ?? sum);
  if (sealed !== manifest.sha256 || manifest.chunks !== places.length)
    throw damaged(file, 'its heads are not those of its manifest');
}

/** @param toItsEnd whether a file that was cut off is damaged, or read as far as it goes */
export async function readContents(handle: FileHandle, file: string, toItsEnd = true): Promise<Contents> {
  const { size } = await handle.stat();
  const heads = createHash('sha256');
  const places: Place[] = [];
  const batches: BatchEnd[] = [];
  let header: RowStreamHeader | undefined;
  let manifest: Manifest | undefined;
  for (let at = 0; at < size; ) {
    const read = await readHead(handle, file, at).catch((error: unknown) => {
      if (toItsEnd || !header) throw error;
      return undefined;
    });
    // Cut off within a head.
    if (!read) break;
    const { head, text, end } = read;
    at = end;
    if (head.part === 'header' && !header) {
      header = head;
    } else if (head.part === 'chunk' && header) {
      places.push({ head, at, batch: batches.length });
      at += head.bytes;
    } else if (head.part === 'batch' && header && head.number === batches.length && at <= size) {
      heads.update(text);
      batches.push({ position: at, chunks: places.length, heads: heads.copy() });
      continue;
    } else if (head.part === 'manifest' && header) {
      if (at !== size) throw damaged(file, 'something follows its end');
      manifest = head;
      break;
    } else throw damaged(file, 'its parts are out of order');
    heads.update(text);
  }
  if (!header) throw damaged(file, 'it was cut off');
  return { bytes: size, header, places, manifest, heads, batches };
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
