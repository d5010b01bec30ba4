/** Reads a complete row stream, believing nothing: what was read is held against its checksums. */
import type { FileHandle } from 'node:fs/promises';
import { type Chunk, ChunkReader } from './chunk-reader.ts';
import type { Passphrase, StreamKey } from './encryption.ts';
import { asDamage, headsDiffer, incomplete, manifestOfOtherTables, rowsDiffer } from './failures.ts';
import { type ChunkHead, type Manifest, type RowStreamHeader, sealText } from './format.ts';
import { type ChunkPlace, type Contents, openFile, type PiecePlace, readContents } from './heads.ts';
import { RowSum } from './values.ts';

export interface ReadOptions {
  /** Without it the rows of an encrypted file cannot be read, and its seal is not looked at. */
  readonly passphrase?: Passphrase | undefined;
  /** What messages call the file, where that is not its path. */
  readonly name?: string | undefined;
}

export class RowStreamReader {
  readonly file: string;
  readonly header: RowStreamHeader;
  readonly manifest: Manifest;
  /** Its size. */
  readonly bytes: number;
  private readonly handle: FileHandle;
  private readonly places: readonly ChunkPlace[];
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
   * @throws FILE_FAILED; FILE_DAMAGED for a file that is incomplete, changed, or another one; PASSPHRASE_WRONG
   */
  static async open(
    path: string,
    { passphrase, name: file = path }: ReadOptions = {},
  ): Promise<RowStreamReader> {
    const handle = await openFile(path);
    try {
      const contents = await readContents(handle, file);
      const { manifest } = contents;
      if (!manifest) throw incomplete(file);
      const { encryption } = contents.header;
      const key = encryption && passphrase ? await passphrase.unlock(encryption, file) : undefined;
      const reader = new RowStreamReader(file, handle, contents, manifest, key);
      if (key || !encryption) await reader.requirePieces();
      requireSealed(file, contents, manifest, key);
      return reader;
    } catch (error) {
      await handle.close();
      throw asDamage(file, error);
    }
  }

  /**
   * One after the other, each verified before it is given out.
   * @param table of one table alone, or of those whose heads are wanted
   * @throws FILE_DAMAGED, PASSPHRASE_NEEDED
   */
  async *chunks(table?: string | ((head: ChunkHead) => boolean)): AsyncGenerator<Chunk> {
    const isWanted = (head: ChunkHead) =>
      typeof table === 'function' ? table(head) : this.header.tables[head.table]?.name === table;
    for (const place of this.places)
      if (table === undefined || isWanted(place.head)) yield await this.chunkReader.read(place);
  }

  /** The same, some rows of a chunk at a time. @throws FILE_DAMAGED, PASSPHRASE_NEEDED */
  async *parts(isWanted: (head: ChunkHead) => boolean): AsyncGenerator<Chunk> {
    for (const place of this.places) if (isWanted(place.head)) yield* this.chunkReader.parts(place);
  }

  /** Heads that were moved are seen by the seal as well, but it does not know whose they are. @throws FILE_DAMAGED */
  private async requirePieces(): Promise<void> {
    for (const place of this.places) if (!hasItsPieces(place)) await this.chunkReader.read(place);
  }

  /** Reads everything once. @throws FILE_DAMAGED unless every row is there as it was written */
  async verify(onChunk: (chunk: Chunk) => void | Promise<void> = () => {}): Promise<void> {
    const sums = this.header.tables.map(() => new RowSum());
    for await (const chunk of this.chunks()) {
      const { head, rows } = chunk;
      for (const row of rows) sums[head.table]?.add(this.chunkReader.digest(head.table, row));
      await this.chunkReader.verifyPieces(chunk);
      await onChunk(chunk);
    }
    for (const [place, { name, rows, digest }] of this.manifest.tables.entries()) {
      if (sums[place]?.rows !== rows || sums[place]?.digest !== digest) throw rowsDiffer(this.file, name);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

/** @throws FILE_DAMAGED when the manifest, or what it says of the heads, is not what was written */
function requireSealed(
  file: string,
  { header, heads, chunks }: Contents,
  manifest: Manifest,
  key: StreamKey | undefined,
): void {
  const names = (tables: readonly { readonly name: string }[]) => tables.map(({ name }) => name).join('\n');
  if (names(manifest.tables) !== names(header.tables)) throw manifestOfOtherTables(file);
  const sum = heads.copy().update(sealText(manifest)).digest('hex');
  const sealed = header.encryption && !key ? manifest.sha256 : (key?.seal(sum) ?? sum);
  if (sealed !== manifest.sha256 || manifest.chunks !== chunks) throw headsDiffer(file);
}

/** As far as their heads tell. */
function hasItsPieces({ head, pieces }: ChunkPlace): boolean {
  const isNext = ({ head: { table, column, number } }: PiecePlace, place: number) => {
    const before = pieces[place - 1]?.head;
    const isFirst = number === 0 && (before?.column ?? -1) < column;
    return table === head.table && (isFirst || (column === before?.column && number === before.number + 1));
  };
  return (head.pieces ?? 0) === pieces.length && pieces.every(isNext);
}
