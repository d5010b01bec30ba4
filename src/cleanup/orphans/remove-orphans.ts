/** Does to rows without a parent what the delete rule of their foreign key would have done; archived first where they go. */
import { type Kysely, sql } from 'kysely';
import { type Engine, nowUtc } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { type Fence, type Fenced, fencedTransaction } from '../../leases/index.ts';
import { patiently } from '../../pacing/index.ts';
import { type ArchiveCatalogue, ArchiveRun, type ArchiveTarget } from '../archive/index.ts';
import {
  type ChunkContext,
  deleteChosen,
  NO_DEPENDENTS,
  nothing,
  untyped,
} from '../purge/chunk-transaction.ts';
import { affected, requireAll } from '../purge/counts.ts';
import { DependentGuard } from '../purge/dependent-guard.ts';
import { findDependents } from '../selection/dependents.ts';
import { stillOrphans } from './find-orphans.ts';
import { type ArchivedKey, type ForeignKey, isFree, leadsNowhere } from './foreign-key.ts';

/** Rows of a transaction. */
const TOGETHER = 200;

export interface OrphanRequest {
  readonly program: string;
  readonly waitMs: number;
  readonly fence?: Fence | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface OrphansOfKey<Key extends ForeignKey> {
  readonly key: Key;
  readonly ids: readonly bigint[];
}

export interface RemovedOrphans {
  /** In the order in which they were asked for. */
  readonly deleted: readonly number[];
  /** Why rows were kept that could not be restored from an archive, a sentence for each. */
  readonly refused: readonly string[];
  readonly archive: { readonly name: string; readonly catalogue: ArchiveCatalogue } | null;
}

/** The tables on which rows of tables that are not ours depend: what they lose nobody could archive. */
export async function tablesWithDependents(engine: Engine): Promise<ReadonlySet<string>> {
  return new Set((await findDependents(engine)).map(({ root }) => root));
}

/** Sets the column to null. @returns of how many rows */
export async function unlinkOrphans(
  engine: Engine,
  fenced: Fenced,
  { key, ids }: OrphansOfKey<ForeignKey>,
): Promise<number> {
  let changed = 0;
  for (let at = 0; at < ids.length && !fenced.signal?.aborted; at += TOGETHER) {
    const some = ids.slice(at, at + TOGETHER);
    changed += await fencedTransaction<unknown, number>(engine, fenced, async (db) => {
      // MySQL reads no alias in an UPDATE as the others do: the table is named by itself.
      const { numAffectedRows } = await sql`
        update ${sql.table(key.table)} set ${sql.ref(key.column)} = null
        where ${engine.among('id', some)} and ${leadsNowhere(key, key.table)}
          and ${isFree(key, key.table, nowUtc())}`.execute(db);
      return Number(numAffectedRows ?? 0n);
    });
  }
  return changed;
}

/**
 * Archives rows and deletes them. Those whose parent has come back, that are held by now, or that could not be restored, are
 * kept.
 * @throws FILE_FAILED, LOCKED, LEASE_LOST; then what is not archived is kept
 */
export async function deleteOrphans(
  engine: Engine,
  target: ArchiveTarget,
  orphans: readonly OrphansOfKey<ArchivedKey>[],
  { program, waitMs, fence, signal }: OrphanRequest,
): Promise<RemovedOrphans> {
  const archive = await ArchiveRun.open(engine, target, program, { waitMs, signal });
  const beside = await engine.longWork(true);
  try {
    const context: ChunkContext = {
      engine,
      verdict: () => undefined,
      dependents: new DependentGuard(engine, [], { confirmed: new Set(), watches: false }),
      deletesAll: false,
      partWriter: archive.partWriter(),
      pause: () => beside.pause(),
    };
    const deleted: number[] = [];
    const refused: string[] = [];
    for (const one of orphans) deleted.push(await deleteOf(context, one, { fence, signal }, refused));
    const catalogue = await archive.finish();
    return { deleted, refused, archive: catalogue ? { name: archive.name, catalogue } : null };
  } catch (error) {
    await archive.leave();
    // Without its database it is completed by the next run that archives there.
    if (!isMultiFlexiError(error, 'CONNECTION_LOST')) await archive.conclude().catch(() => {});
    archive.release();
    throw error;
  } finally {
    await beside.end();
  }
}

async function deleteOf(
  context: ChunkContext,
  { key, ids }: OrphansOfKey<ArchivedKey>,
  fenced: Fenced,
  refused: string[],
): Promise<number> {
  let deleted = 0;
  for (let at = 0; at < ids.length && !fenced.signal?.aborted; at += TOGETHER)
    deleted += await deleteSavable(context, { key, ids: ids.slice(at, at + TOGETHER) }, fenced, refused);
  return deleted;
}

/** One row that cannot be saved keeps none of the others: they are halved until it is alone. */
async function deleteSavable(
  context: ChunkContext,
  { key, ids }: OrphansOfKey<ArchivedKey>,
  fenced: Fenced,
  refused: string[],
): Promise<number> {
  const { fence, signal } = fenced;
  try {
    const attempt = () => deleteTogether(context, key, ids, fence);
    return await patiently(attempt, { signals: [signal, fence?.signal] });
  } catch (error) {
    if (!isMultiFlexiError(error, 'CANNOT_BE_SAVED')) throw error;
    if (ids.length === 1) {
      refused.push(error.message);
      return 0;
    }
    const middle = Math.ceil(ids.length / 2);
    let deleted = 0;
    for (const half of [ids.slice(0, middle), ids.slice(middle)])
      deleted += await deleteSavable(context, { key, ids: half }, fenced, refused);
    return deleted;
  }
}

async function deleteTogether(
  context: ChunkContext,
  key: ArchivedKey,
  ids: readonly bigint[],
  fence: Fence | undefined,
): Promise<number> {
  const { engine } = context;
  const { table } = key;
  const outcome = await deleteChosen(context, async (db) => {
    await fence?.hold(untyped(db));
    const certain = await stillOrphans(engine, db as unknown as Kysely<unknown>, key, ids);
    if (certain.length === 0) return nothing();
    return {
      saved: [{ table, column: 'id', ids: certain, rowsOf: () => 1, count: certain.length }],
      remove: async (session) => {
        const rows = await affected(session.deleteFrom(table).where(engine.among(`${table}.id`, certain)));
        requireAll(table, rows, certain.length);
        return { counts: { [table]: rows }, dependents: NO_DEPENDENTS };
      },
    };
  });
  return outcome.deleted.get(table) ?? 0;
}
