/** Completes a file that a process left behind: its complete batches are kept, the rest is removed. */
import { rm, stat } from 'node:fs/promises';
import { isMultiFlexiError } from '../../errors.ts';
import { type Chunk, ChunkReader } from './chunk-reader.ts';
import type { Passphrase } from './encryption.ts';
import { asDamage, chunkRowsDiffer, headerMissing, headMisplaced, passphraseNeeded } from './failures.ts';
import type { Manifest, RowStreamHeader } from './format.ts';
import { type Contents, openFile, readContents } from './heads.ts';
import { hasMark } from './marks.ts';
import { RowSum } from './values.ts';
import { RowStreamWriter } from './writer.ts';

export interface Settlement {
  readonly passphrase?: Passphrase | undefined;
  /** Whether a file without a header is removed: its writer has certainly ended. */
  readonly dropsHeadless?: boolean | undefined;
  /** Told before anything is changed; whoever throws here leaves the file as it is. */
  readonly onHeader: (header: RowStreamHeader) => void;
  /** Whether the last batch counts: its writer may have ended before it was sure of it. */
  readonly counts: (last: readonly Chunk[]) => Promise<boolean>;
  /** Each chunk that is kept. */
  readonly onChunk: (chunk: Chunk) => void;
  readonly summary: () => Readonly<Record<string, unknown>>;
}

/**
 * @param partial what the file is called now @param file what it will be called
 * @returns undefined when nothing is kept: then the file is removed
 * @throws FILE_FAILED; FILE_DAMAGED when a batch that had been on the disk is not as it was written; PASSPHRASE_NEEDED
 */
export async function settleRowStream(
  partial: string,
  file: string,
  { passphrase, dropsHeadless = true, onHeader, counts, onChunk, summary }: Settlement,
): Promise<Manifest | undefined> {
  const handle = await openFile(partial);
  try {
    const contents = await readContents(handle, partial, false).catch(async (error: unknown) => {
      const damage = asDamage(partial, error);
      // Before its first batch nothing depends on it.
      if (isMultiFlexiError(damage, 'FILE_DAMAGED') && !(await hasMark(handle, 0))) return undefined;
      throw damage;
    });
    if (!contents) {
      if (dropsHeadless) return await removed(partial);
      throw headerMissing(partial);
    }
    // An interrupted file ends there; a mark behind it is of a batch that was on the disk.
    if (await hasMark(handle, contents.batches.at(-1)?.position ?? 0)) throw headMisplaced(partial);
    onHeader(contents.header);
    if (contents.manifest && (await areOne(partial, file))) {
      // It got its name when it was complete, and its process ended before it gave up the other.
      await rm(partial);
      return contents.manifest;
    }
    if (contents.batches.length === 0) return await removed(partial);
    const { encryption } = contents.header;
    if (encryption && !passphrase) throw passphraseNeeded(partial);
    const key = encryption && (await passphrase?.unlock(encryption, partial));
    const reader = new ChunkReader(partial, handle, contents.header, key);
    const last: Chunk[] = [];
    for (const place of contents.places)
      if (place.batch === contents.batches.length - 1) last.push(await reader.read(place));
    const batches = contents.batches.length - ((await counts(last)) ? 0 : 1);
    const end = contents.batches[batches - 1];
    if (!end) return await removed(partial);
    const sums = await verified(reader, contents, batches, onChunk);
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

async function areOne(partial: string, file: string): Promise<boolean> {
  const named = await stat(file).catch(() => undefined);
  const { dev, ino } = await stat(partial);
  return named?.dev === dev && named.ino === ino;
}

async function removed(partial: string): Promise<undefined> {
  await rm(partial);
  return undefined;
}

/** @throws FILE_DAMAGED */
async function verified(
  reader: ChunkReader,
  { header, places }: Contents,
  batches: number,
  onChunk: (chunk: Chunk) => void,
): Promise<RowSum[]> {
  const sums = header.tables.map(() => new RowSum());
  for (const place of places) {
    if (place.batch >= batches) break;
    const chunk = await reader.read(place);
    const sum = new RowSum();
    for (const row of chunk.rows) sum.add(reader.digest(chunk.head.table, row));
    if (sum.digest !== chunk.head.digest) throw chunkRowsDiffer(reader.file, chunk.table.name);
    await reader.verifyPieces(chunk);
    sums[chunk.head.table]?.addAll(sum);
    onChunk(chunk);
  }
  return sums;
}
