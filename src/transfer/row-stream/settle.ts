/** Makes a file whole that a process left behind: what it has to its last whole batch stays, the rest is cut away. */
import { rm } from 'node:fs/promises';
import { isMultiFlexiError } from '../../errors.ts';
import { type Passphrase, passphraseNeeded } from './encryption.ts';
import { damaged } from './failures.ts';
import type { Manifest, RowStreamHeader } from './format.ts';
import { type Chunk, ChunkReader, type Contents, openFile, readContents } from './reader.ts';
import { RowSum } from './values.ts';
import { RowStreamWriter } from './writer.ts';

export interface Settlement {
  readonly passphrase?: Passphrase | undefined;
  /** Told before anything is changed; whoever throws here leaves the file as it is. */
  readonly onHeader: (header: RowStreamHeader) => void;
  /** Whether the last batch counts: its writer may have ended before it was sure of it. */
  readonly counts: (last: readonly Chunk[]) => Promise<boolean>;
  /** Each chunk that stays. */
  readonly onChunk: (chunk: Chunk) => void;
  readonly summary: () => Readonly<Record<string, unknown>>;
}

/**
 * @param partial what the file is called now @param file what it will be called
 * @returns undefined when nothing stays: then the file is gone
 * @throws FILE_FAILED; FILE_DAMAGED when a batch that had been on the disk is not as it was written; PASSPHRASE_NEEDED
 */
export async function settleRowStream(
  partial: string,
  file: string,
  { passphrase, onHeader, counts, onChunk, summary }: Settlement,
): Promise<Manifest | undefined> {
  const handle = await openFile(partial);
  try {
    const contents = await readContents(handle, partial, false).catch((error: unknown) => {
      // Before its first batch nothing depends on it.
      if (isMultiFlexiError(error, 'FILE_DAMAGED')) return undefined;
      throw error;
    });
    if (!contents) return await nothingStays(partial);
    onHeader(contents.header);
    if (contents.batches.length === 0) return await nothingStays(partial);
    const { encryption } = contents.header;
    if (encryption && !passphrase) throw passphraseNeeded(partial);
    const key = encryption && (await passphrase?.unlock(encryption, partial));
    const reader = new ChunkReader(partial, handle, contents.header, key);
    const last: Chunk[] = [];
    for (const [number, place] of contents.places.entries())
      if (place.batch === contents.batches.length - 1) last.push(await reader.read(number, place));
    const batches = contents.batches.length - ((await counts(last)) ? 0 : 1);
    const end = contents.batches[batches - 1];
    if (!end) return await nothingStays(partial);
    const sums = await proven(reader, contents, end.chunks, onChunk);
    const { header } = contents;
    const writer = await RowStreamWriter.resume(file, partial, { ...end, header, batches, sums }, key);
    try {
      return await writer.finish(summary());
    } catch (error) {
      await writer.leave();
      throw error;
    }
  } finally {
    await handle.close();
  }
}

async function nothingStays(partial: string): Promise<undefined> {
  await rm(partial);
  return undefined;
}

/** @throws FILE_DAMAGED */
async function proven(
  reader: ChunkReader,
  { header, places }: Contents,
  chunks: number,
  onChunk: (chunk: Chunk) => void,
): Promise<RowSum[]> {
  const sums = header.tables.map(() => new RowSum());
  for (const [number, place] of places.slice(0, chunks).entries()) {
    const chunk = await reader.read(number, place);
    const sum = new RowSum();
    for (const row of chunk.rows) sum.add(reader.digest(chunk.head.table, row));
    if (sum.digest !== chunk.head.digest)
      throw damaged(reader.file, `a chunk of ${chunk.table.name} has other rows than its head says`);
    sums[chunk.head.table]?.addAll(sum);
    onChunk(chunk);
  }
  return sums;
}
