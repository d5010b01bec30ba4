/**
 * The deletion of jobs: children before their job, in a transaction that asks again what may be deleted, and that counts:
 * the rows deleted are the rows chosen, or nothing is.
 */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { KeysetCursor } from '../../pacing/index.ts';
import { type Database, FINISHED, LOWEST_ID } from '../../schema/index.ts';
import { CHILDREN, type ChildSize, type ChildSizes, type ChildTable } from '../selection/children.ts';
import type { JobFacts } from '../selection/facts.ts';
import { readHolds } from '../selection/held-rows.ts';
import { among } from '../selection/id-ranges.ts';
import { jobFacts } from '../selection/queries.ts';
import type { JobScope } from '../selection/scopes.ts';
import {
  type Choice,
  type Choose,
  type ChunkContext,
  NO_DEPENDENTS,
  nothing,
  type SavedRows,
  untyped,
} from './chunk-transaction.ts';
import { affected, listed, requireAbsent, requireAll, sum } from './counts.ts';
import { MOST_ROWS } from './large-jobs.ts';

/**
 * Asks again within the transaction, under row locks where there are such: a job that was restarted or held since it
 * was read is kept with all that is its. The children that are deleted must be as many as were read ahead, or are counted
 * under the locks, which costs as much as reading them once more.
 * @param read how many children the jobs had just before; where it is no longer true, ROWS_KEPT is thrown
 */
export function jobsToDelete(context: ChunkContext, ids: readonly bigint[], read?: ChildSizes): Choose {
  const known = read && { artifacts: countsOf(read.artifacts), logger: countsOf(read.logger) };
  return async (db) => {
    const { deletable, locked, refused } = await lockDeletable(context, db, ids);
    if (deletable.length === 0) return nothing({ locked, refused });
    const certain = deletable.map(({ id }) => id);
    const children = known ?? (await countChildren(context.engine, db, certain));
    const jobs = deletable.filter(({ scope }) => scope.archive);
    const archived = jobs.map(({ id }) => id);
    return {
      locked,
      refused,
      saved: [
        { table: 'job', column: 'id', ids: archived, rowsOf: () => 1, count: archived.length, jobs },
        ...CHILDREN.map((table): SavedRows => {
          const count = (id: bigint) => children[table].get(id) ?? 0;
          return { table, column: 'job_id', ids: archived, rowsOf: count, count: sum(archived.map(count)) };
        }),
      ],
      remove: (session) => removeJobs(context, session, certain, children),
    };
  };
}

function countsOf(sizes: ReadonlyMap<bigint, ChildSize>): ReadonlyMap<bigint, number> {
  return new Map([...sizes].map(([job, { rows }]) => [job, rows]));
}

async function removeJobs(
  { engine, dependents, deletesAll }: ChunkContext,
  db: Kysely<Database>,
  ids: readonly bigint[],
  children: Children,
): Promise<Awaited<ReturnType<Choice['remove']>>> {
  const rows = { table: 'job', ids } as const;
  const lost = await dependents.count(untyped(db), rows);
  const watched = await dependents.watch(untyped(db), rows);
  const of = (counts: ReadonlyMap<bigint, number>) => sum(ids.map((id) => counts.get(id) ?? 0));
  const artifacts = await affected(db.deleteFrom('artifacts').where(among(engine, 'job_id', ids)));
  requireAll('artifacts', artifacts, of(children.artifacts));
  const logger = await affected(db.deleteFrom('logger').where(among(engine, 'job_id', ids)));
  requireAll('logger', logger, of(children.logger));
  const counts = { artifacts, logger, job: await affected(deleteFinished(engine, db, ids)) };
  requireAll('job', counts.job, ids.length);
  await dependents.requireGone(untyped(db), rows, watched);
  if (!deletesAll) await requireAbsent(engine, untyped(db), 'job', ids);
  return { counts, dependents: lost };
}

/**
 * The state is asked for in the deletion too, in a form that no index answers: SQLite would walk all finished jobs for
 * a handful of ids.
 */
export function deleteFinished(engine: Engine, db: Kysely<Database>, ids: readonly bigint[]) {
  return db
    .deleteFrom('job')
    .where(among(engine, 'id', ids))
    .where(
      ({ ref }) => sql<boolean>`case when ${ref('status')} in (${sql.join(FINISHED)}) then 1 else 0 end = 1`,
    );
}

type DeletableJob = JobFacts & { readonly scope: JobScope };

/** Those of the jobs that are to be deleted even now; they are locked as they are until the transaction ends. */
async function lockDeletable(
  context: ChunkContext,
  db: Kysely<Database>,
  ids: readonly bigint[],
): Promise<Required<Pick<Choice, 'locked' | 'refused'>> & { readonly deletable: readonly DeletableJob[] }> {
  const holds = await readHolds(context.engine, db, ids);
  const { jobs, locked } = await lockJobs(context.engine, db, ids);
  const deletable = jobs.flatMap((job) => {
    const scope = context.verdict(job, holds);
    return scope ? [{ ...job, scope }] : [];
  });
  const archived = new Set(deletable.filter(({ scope }) => scope.archive).map(({ id }) => id));
  const rows = { table: 'job', ids: deletable.map(({ id }) => id) } as const;
  const refused = await context.dependents.refusals(untyped(db), rows, archived);
  return { deletable: deletable.filter(({ id }) => !refused.has(id)), locked, refused: listed(refused) };
}

/** Rows that others have locked are passed over, where the engine can: their neighbours need not wait for them. */
async function lockJobs(
  engine: Engine,
  db: Kysely<Database>,
  ids: readonly bigint[],
): Promise<{ readonly jobs: readonly JobFacts[]; readonly locked: readonly bigint[] }> {
  const { rowLocks, skipLocked } = engine.capabilities;
  const query = jobFacts(db).where(among(engine, 'job.id', ids));
  if (!rowLocks) return { jobs: await query.execute(), locked: [] };
  if (!skipLocked) return { jobs: await query.forUpdate().execute(), locked: [] };
  const jobs = await query.forUpdate().skipLocked().execute();
  if (jobs.length === ids.length) return { jobs, locked: [] };
  const found = new Set(jobs.map(({ id }) => id));
  const missing = ids.filter((id) => !found.has(id));
  const there = await db
    .selectFrom('job')
    .select('id')
    .where(among(engine, 'id', missing))
    .execute();
  return { jobs, locked: there.map(({ id }) => id) };
}

type Children = Readonly<Record<ChildTable, ReadonlyMap<bigint, number>>>;

/** How many children each job has. Where jobs are locked, nobody can add one. */
async function countChildren(
  engine: Engine,
  db: Kysely<Database>,
  ids: readonly bigint[],
): Promise<Children> {
  const of = async (table: ChildTable) => {
    const rows = await db
      .selectFrom(table)
      .select(['job_id', sql<bigint>`count(*)`.as('n')])
      .where(among(engine, 'job_id', ids))
      .groupBy('job_id')
      .execute();
    return new Map(rows.map(({ job_id, n }) => [job_id ?? 0n, Number(n)]));
  };
  return { artifacts: await of('artifacts'), logger: await of('logger') };
}

/** Whether all that is a job's can be saved, where it is to be: read a page at a time. @throws CANNOT_BE_SAVED */
export async function rehearse({ engine, verdict, partWriter }: ChunkContext, job: bigint): Promise<void> {
  if (!partWriter) return;
  const db = engine.kysely<Database>();
  const facts = await jobFacts(db).where('job.id', '=', job).executeTakeFirst();
  if (!facts || !verdict(facts, await readHolds(engine, db, [job]))?.archive) return;
  await partWriter.rehearse(untyped(db), { table: 'job', column: 'id', ids: [job], rowsOf: () => 1 });
  for (const table of CHILDREN) {
    const children = new KeysetCursor<{ id: bigint }, { id: bigint }>({
      what: `${table} of a job`,
      read: ({ after, limit }) => childrenBehind(db, table, job, after?.id).limit(limit).execute(),
      isBefore: (one, other) => one.id < other.id,
    });
    for (let page = await children.next(MOST_ROWS); page.length > 0; page = await children.next(MOST_ROWS)) {
      const ids = page.map(({ id }) => id);
      await partWriter.rehearse(untyped(db), { table, column: 'id', ids, rowsOf: () => 1 });
    }
  }
}

function childrenBehind(db: Kysely<Database>, table: ChildTable, job: bigint, after = LOWEST_ID) {
  return db.selectFrom(table).select('id').where('job_id', '=', job).where('id', '>', after).orderBy('id');
}

/** So many children of the job, or those that are left of them. */
export function childrenToDelete(
  context: ChunkContext,
  table: ChildTable,
  job: bigint,
  most: number,
): Choose {
  const { engine } = context;
  return async (db) => {
    const { deletable, locked, refused } = await lockDeletable(context, db, [job]);
    const [one] = deletable;
    if (!one) return nothing({ locked, refused });
    const rows = await childrenBehind(db, table, job).limit(most).execute();
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return nothing();
    return {
      saved: one.scope.archive ? [{ table, column: 'id', ids, rowsOf: () => 1, count: ids.length }] : [],
      remove: async (session) => {
        const deleted = await affected(session.deleteFrom(table).where(among(engine, 'id', ids)));
        requireAll(table, deleted, ids.length);
        if (!context.deletesAll) await requireAbsent(engine, untyped(session), table, ids);
        return { counts: { [table]: deleted }, dependents: NO_DEPENDENTS };
      },
    };
  };
}
