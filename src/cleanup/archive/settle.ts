/**
 * Clears up what a killed run left: its last batch may be in the archive and in the database as well. What the
 * database still has is taken out of the archive again, so that nothing is archived twice.
 */
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Engine, patiently } from '../../engines/index.ts';
import { fileFailure } from '../../file-failure.ts';
import { type Chunk, type RowStreamHeader, settleRowStream } from '../../transfer/index.ts';
import { readCatalogue, writeCatalogue } from './catalogue.ts';
import { type ArchivePlace, isOf, listArchives, partialName, partialsOf, partsOf } from './directory.ts';
import type { ArchivedTable } from './keeper.ts';
import type { ArchiveTarget } from './run.ts';
import { Summary } from './summary.ts';

/** Thrown to leave a file alone that is of another database. */
class ElsewhereError extends Error {}

/**
 * Settles all archives of this database in the directory, under the lock of purges.
 * @param atWork one that is not at its end: it gets no catalogue yet
 * @throws FILE_FAILED, FILE_DAMAGED; PASSPHRASE_NEEDED and PASSPHRASE_WRONG for an encrypted one
 */
export async function settleArchives(engine: Engine, target: ArchiveTarget, atWork?: string): Promise<void> {
  for (const place of listArchives(target.directory)) {
    if (!isOf(place, engine.where) || readCatalogue(place)) continue;
    const settled = await settleParts(engine, target, place);
    if (!settled || place.name === atWork) continue;
    if (partsOf(place).length > 0) await writeCatalogue(engine, place);
    else await removeEmpty(place);
  }
}

/** @returns whether all of them are whole now */
async function settleParts(engine: Engine, target: ArchiveTarget, place: ArchivePlace): Promise<boolean> {
  try {
    for (const part of partialsOf(place)) {
      const file = join(place.path, part);
      const summary = new Summary();
      await settleRowStream(partialName(file), file, {
        passphrase: target.passphrase,
        onHeader: ({ source }) => {
          if (source.where !== engine.where) throw new ElsewhereError();
        },
        counts: async (last) => !(await isAnyThere(engine, last)),
        onChunk: (chunk) => addJobs(summary, chunk),
        summary: () => summary.toJson(),
      });
    }
    return true;
  } catch (error) {
    if (error instanceof ElsewhereError) return false;
    throw error;
  }
}

/** Nothing of what its run saved is gone from the database. */
async function removeEmpty({ path }: ArchivePlace): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    // There are files in it that are none of ours.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY'))
      throw fileFailure(path, error);
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
async function isAnyThere(engine: Engine, chunks: readonly Chunk[]): Promise<boolean> {
  const attempt = () =>
    engine
      .kysely<Record<ArchivedTable, { id: bigint }>>()
      .transaction()
      .execute(async (db) => {
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
  return patiently(attempt, { signals: [], onWait: () => {} });
}
