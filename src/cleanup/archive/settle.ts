/**
 * Finishes what a killed run left: its last batch may be in the archive and in the database as well. What the database
 * still has is taken out of the archive again, so that nothing is archived twice; but only where it is the very database
 * that the rows were read from. What a clone has says nothing about its original: then all of it stays in the archive.
 */

import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../engines/index.ts';
import { type ErrorCode, isMultiFlexiError } from '../../errors.ts';
import { type Fence, type Fenced, fencedTransaction } from '../../leases/index.ts';
import type { Installation } from '../../schema/index.ts';
import { codeOf, fileFailure } from '../../system/index.ts';
import {
  type Chunk,
  isSameDatabase,
  isSameInstallation,
  type RowStreamHeader,
  RowStreamReader,
  type Source,
  settleRowStream,
  sourceOf,
  sourceWords,
} from '../../transfer/index.ts';
import { readCatalogue, writeCatalogue } from './catalogue.ts';
import { type ArchivePlace, listArchives, mayBeOf, partialName, partialsOf, partsOf } from './directory.ts';
import type { DirectoryLock } from './lock.ts';
import { Summary } from './summary.ts';
import type { ArchivedTable } from './tables.ts';
import type { ArchiveTarget } from './target.ts';

/** Thrown to leave a file alone, with the reason; null where it is nobody's business here. */
class LeaveAloneError extends Error {}

export interface Settling {
  readonly installation: Installation;
  /** Of this installation, in this directory. */
  readonly lock: DirectoryLock;
  /** The archive of a run that is not at its end: it gets no catalogue yet, and must be settled. */
  readonly running?: string | undefined;
  /** Ends the waiting for locks of others. */
  readonly signal?: AbortSignal | undefined;
  /** Held while the database is asked. */
  readonly fence?: Fence | undefined;
}

/** What keeps an archive from being finished, and no run from beginning a new one. */
const PASSED_OVER: readonly ErrorCode[] = [
  'FILE_FAILED',
  'FILE_DAMAGED',
  'PASSPHRASE_NEEDED',
  'PASSPHRASE_WRONG',
];

/**
 * Finishes all archives of this installation in the directory. One that cannot be read is told and left as it is.
 * @throws FILE_FAILED where the directory cannot be read; for the running archive also FILE_DAMAGED, PASSPHRASE_NEEDED and
 * PASSPHRASE_WRONG
 */
export async function settleArchives(
  engine: Engine,
  target: ArchiveTarget,
  settling: Settling,
): Promise<void> {
  const passedOver: string[] = [];
  for (const place of listArchives(target.directory)) {
    if (!mayBeOf(place, settling.installation.id, engine.where)) continue;
    try {
      await settleArchive(engine, target, settling, place);
    } catch (error) {
      const mayWait = place.name !== settling.running;
      if (!mayWait || !PASSED_OVER.some((code) => isMultiFlexiError(error, code))) throw error;
      passedOver.push(`${place.name}: ${(error as Error).message}`);
    }
  }
  const [first, ...others] = passedOver;
  // Another account may have made many of them; one line for each would hide everything else.
  const more = others.length === 0 ? '' : ` And ${others.length} more.`;
  if (first !== undefined)
    target.onNotice?.(`An archive of this installation could not be completed: ${first}${more}`);
}

async function settleArchive(
  engine: Engine,
  target: ArchiveTarget,
  settling: Settling,
  place: ArchivePlace,
): Promise<void> {
  const partials = partialsOf(place);
  // A run that went on after it had been concluded may have been interrupted then: its catalogue lacks what came later.
  if (partials.length === 0 && readCatalogue(place)) return;
  try {
    const live = sourceOf(engine, settling.installation);
    for (const part of partials) await settlePart(engine, target, settling, live, place, part);
    const [first] = partsOf(place);
    if (first !== undefined) await requireOurs(join(place.path, first), live);
    if (place.name === settling.running) return;
    if (first !== undefined) await writeCatalogue(engine, place);
    // A clone on another host may have just made it, and its lock cannot be seen.
    else if (settling.lock.seenHereOnly === null) await removeEmpty(place);
  } catch (error) {
    if (!(error instanceof LeaveAloneError)) throw error;
    if (error.message !== '') target.onNotice?.(error.message);
  }
}

async function settlePart(
  engine: Engine,
  target: ArchiveTarget,
  { lock, signal, fence }: Settling,
  live: Source,
  place: ArchivePlace,
  part: string,
): Promise<void> {
  const file = join(place.path, part);
  const summary = new Summary();
  let asksDatabase = false;
  await settleRowStream(partialName(file), file, {
    passphrase: target.passphrase,
    dropsHeadless: lock.seenHereOnly === null,
    onHeader: ({ source }) => {
      if (!isSameInstallation(source, live)) throw new LeaveAloneError('');
      asksDatabase = isSameDatabase(source, live);
      if (!asksDatabase && lock.seenHereOnly !== null)
        throw new LeaveAloneError(
          `The archive ${place.name} was begun by ${sourceWords(source)}, which may still be writing to it, so it was not completed.`,
        );
    },
    counts: async (last) => {
      if (asksDatabase) return !(await isAnyThere(engine, last, { signal, fence }));
      summary.unconfirmed = true;
      return true;
    },
    onChunk: (chunk) => addJobs(summary, chunk),
    summary: () => summary.toJson(),
  });
}

/** @throws LeaveAloneError for an archive of others: it gets no catalogue from us */
async function requireOurs(file: string, live: Source): Promise<void> {
  const reader = await RowStreamReader.open(file);
  await reader.close();
  if (!isSameInstallation(reader.header.source, live)) throw new LeaveAloneError('');
}

/** Nothing of what its run saved is gone from the database. */
async function removeEmpty({ path }: ArchivePlace): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    // There are files in it that are none of ours.
    if (codeOf(error) !== 'ENOTEMPTY') throw fileFailure(path, error);
  }
}

function addJobs(summary: Summary, { table, rows }: Chunk): void {
  if (table.name !== 'job') return;
  const company = place(table, 'company_id');
  const created = place(table, 'DatCreate');
  for (const row of rows) summary.addJob(row[company] as bigint, row[created] as string);
}

function place({ columns }: RowStreamHeader['tables'][number], column: string): number {
  return columns.findIndex(({ name }) => name === column);
}

/**
 * A batch was deleted as a whole or not at all; and of one that was not, others may have deleted rows since. The rows
 * are asked for with locks: a session whose client is gone may still be at its commit.
 */
async function isAnyThere(engine: Engine, chunks: readonly Chunk[], fenced: Fenced): Promise<boolean> {
  type Tables = Record<ArchivedTable, { id: bigint }>;
  return fencedTransaction<Tables, boolean>(engine, fenced, async (db) => {
    for (const { table, rows } of chunks) {
      const ids = rows.map((row) => row[place(table, 'id')] as bigint);
      const query = db
        .selectFrom(table.name as ArchivedTable)
        .select('id')
        .where(engine.among('id', ids));
      const found = await (engine.capabilities.rowLocks ? query.forUpdate() : query).execute();
      if (found.length > 0) return true;
    }
    return false;
  });
}
