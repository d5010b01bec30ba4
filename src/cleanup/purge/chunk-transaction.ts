/**
 * One transaction of a purge: what was chosen in it is saved where it is to be, and deleted as a whole or not at all.
 */

import { type Kysely, sql } from 'kysely';
import type { Engine, RowCopies } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import type { Fence } from '../../leases/index.ts';
import type { Database } from '../../schema/index.ts';
import { counted } from '../../written-numbers.ts';
import type { PartWriter, WantedRows } from '../archive/part-writer.ts';
import type { PurgedTable } from '../selection/dependents.ts';
import type { JobVerdict } from '../selection/verdict.ts';
import type { DependentGuard, Refusal } from './dependent-guard.ts';
import { rowsKept } from './failures.ts';

/** What a chunk has come to. */
export interface Outcome {
  /** Rows that were deleted, by table. */
  readonly deleted: ReadonlyMap<PurgedTable, number>;
  /** Rows of tables that are not ours which were deleted or lost their link with them, by table. */
  readonly dependents: ReadonlyMap<string, number>;
  /** How long the transaction held what others may have waited for, in milliseconds; its own waiting is not in it. */
  readonly held: number;
  /** Rows that others have locked: they come again later. */
  readonly locked: readonly bigint[];
  /** Rows that cannot be deleted. */
  readonly refused: readonly Refusal[];
}

/** What a worker of the purge works with. */
export interface ChunkContext {
  readonly engine: Engine;
  /** Which jobs are deleted. */
  readonly verdict: JobVerdict;
  readonly dependents: DependentGuard;
  /** Nothing is known that could keep a row from a DELETE, as a trigger. */
  readonly deletesAll: boolean;
  /** Asked first in each transaction; undefined where no lease has to be held. */
  readonly fence?: Fence | undefined;
  /** Saves what is to be archived; undefined where nothing is. */
  readonly partWriter: PartWriter | undefined;
  /** Waited for right before each transaction. */
  readonly pause: () => Promise<void>;
}

type Counts = Partial<Record<PurgedTable, number>>;

/** What of a chunk is deleted, as the database is at the moment. */
export interface Choice extends Partial<Pick<Outcome, 'locked' | 'refused'>> {
  /** Rows that are archived first. */
  readonly saved: readonly SavedRows[];
  /** @throws ROWS_KEPT unless all of them are gone */
  readonly remove: (
    db: Kysely<Database>,
  ) => Promise<Pick<Outcome, 'dependents'> & { readonly counts: Counts }>;
}

/** Chooses within the transaction; and ahead of it where saving would keep all other writers waiting. */
export type Choose = (db: Kysely<Database>) => Promise<Choice>;

export interface SavedRows extends WantedRows {
  /** How many there must be: as read just ahead, or counted under the locks. */
  readonly count: number;
}

export const NOTHING: Outcome = {
  deleted: new Map(),
  dependents: new Map(),
  held: 0,
  locked: [],
  refused: [],
};
export const NO_DEPENDENTS: Outcome['dependents'] = new Map();

export function nothing(some: Pick<Choice, 'locked' | 'refused'> = {}): Choice {
  return { saved: [], remove: async () => ({ counts: {}, dependents: NO_DEPENDENTS }), ...some };
}

export async function deleteChosen(
  { engine, fence, partWriter, pause }: ChunkContext,
  choose: Choose,
): Promise<Outcome> {
  const database = engine.kysely<Database>();
  let begun = 0;
  let worked = false;
  let batch: readonly SavedRows[] = [];
  try {
    const ahead =
      partWriter && engine.rowCopies && (await saveAhead(partWriter, engine.rowCopies, database, choose));
    await pause();
    // Nobody else could write while a lock on everything waited for the disk.
    if (ahead) await partWriter?.onDisk();
    const outcome = await database.transaction().execute(async (db) => {
      await fence?.hold(untyped(db));
      begun = performance.now();
      const { saved, remove, locked = [], refused = [] } = await choose(db);
      batch = saved;
      const any = isAny(saved);
      // What has changed since is saved as it is now.
      if (!(any && (await ahead?.areCurrent(untyped(db), saved)))) {
        await partWriter?.takeBack();
        if (any && partWriter) requireSaved(saved, await partWriter.save(untyped(db), saved));
      }
      const { counts, dependents } = await remove(db);
      await partWriter?.onDisk();
      worked = true;
      const deleted = new Map(Object.entries(counts) as [PurgedTable, number][]);
      return { deleted, dependents, locked, refused };
    });
    const held = performance.now() - begun;
    await partWriter?.committed();
    return { ...outcome, held };
  } catch (error) {
    // A server that refuses to commit says that it did not; whether it did is asked all the same.
    if (isRefusal(error) && (await isAnyThere(engine, batch).catch(() => false)))
      await partWriter?.takeBack();
    else await partWriter?.failed(error, worked);
    throw error;
  }
}

/** What a server answers, other than that it is gone. */
function isRefusal(error: unknown): boolean {
  return isMultiFlexiError(error) && error.code !== 'CONNECTION_LOST' && error.code !== 'SERVER_UNREACHABLE';
}

/** A batch is deleted as a whole or not at all. */
async function isAnyThere(engine: Engine, saved: readonly SavedRows[]): Promise<boolean> {
  const db = engine.kysely<Database>();
  for (const { table, column, ids } of saved) {
    if (ids.length === 0) continue;
    const { rows } = await sql`
      select 1 as one from ${sql.table(table)} where ${engine.among(column, ids)} limit 1`.execute(db);
    if (rows.length > 0) return true;
  }
  return false;
}

/** @returns undefined when there was nothing to save */
async function saveAhead(
  partWriter: PartWriter,
  copies: RowCopies,
  db: Kysely<Database>,
  choose: Choose,
): Promise<RowCopies | undefined> {
  const { saved } = await choose(db);
  return isAny(saved) ? partWriter.saveAhead(copies, untyped(db), saved) : undefined;
}

function isAny(saved: readonly WantedRows[]): boolean {
  return saved.some(({ ids }) => ids.length > 0);
}

/** @throws ROWS_KEPT: a row that cannot be read is not deleted */
function requireSaved(wanted: readonly SavedRows[], saved: ReadonlyMap<string, number>): void {
  for (const { table, count } of wanted) {
    const rows = saved.get(table) ?? 0;
    if (rows !== count)
      throw rowsKept(
        `${rows > 0 ? 'Only ' : ''}${rows} of ${counted(count, 'row')} of ${table} could be saved`,
      );
  }
}

/** Whoever saves rows knows their tables by name alone. */
export function untyped(db: Kysely<Database>): Kysely<unknown> {
  return db as unknown as Kysely<unknown>;
}
