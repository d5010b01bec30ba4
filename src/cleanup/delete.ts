/** The deletions: by primary key, children before their job, in one transaction that asks again what may go. */
import { sql, type Transaction } from 'kysely';
import { type Engine, nowUtc } from '../engines/index.ts';
import { type Database, FINISHED } from '../schema/index.ts';
import type { JobVerdict } from './goes.ts';
import { freeJobs, freeLogs, readHolds } from './holds.ts';
import { jobFacts } from './oldest.ts';

/** From so many children of one table on, a job's children are deleted in chunks of their own. */
export const GIANT = 2_000;

export interface Deleted {
  readonly artifacts: number;
  readonly logger: number;
  readonly job: number;
  readonly token: number;
  /** How long the transaction held what others may have waited for, in milliseconds; its own waiting is not in it. */
  readonly held: number;
}

type Counts = Partial<Omit<Deleted, 'held'>>;

/**
 * Asks again within the transaction, under row locks where there are such: a job that was restarted or held since it
 * was read stays whole.
 */
export function deleteJobs(engine: Engine, ids: readonly bigint[], verdict: JobVerdict): Promise<Deleted> {
  return inTransaction(engine, async (db) => {
    const holds = await readHolds(db, nowUtc());
    const again = jobFacts(db).where(engine.among('job.id', ids));
    const locked = await (engine.capabilities.rowLocks ? again.forUpdate() : again).execute();
    const certain = locked.filter((job) => verdict(job, holds)).map(({ id }) => id);
    if (certain.length === 0) return {};
    return {
      artifacts: await affected(db.deleteFrom('artifacts').where(engine.among('job_id', certain))),
      logger: await affected(db.deleteFrom('logger').where(engine.among('job_id', certain))),
      job: await affected(
        db.deleteFrom('job').where(engine.among('id', certain)).where('status', 'in', FINISHED),
      ),
    };
  });
}

export function deleteLogs(engine: Engine, ids: readonly bigint[]): Promise<Deleted> {
  return inTransaction(engine, async (db) => {
    const holds = await readHolds(db, nowUtc());
    return {
      logger: await affected(db.deleteFrom('logger').where(engine.among('id', ids)).where(freeLogs(holds))),
    };
  });
}

export function deleteTokens(engine: Engine, ids: readonly bigint[], before: string): Promise<Deleted> {
  return inTransaction(engine, async (db) => ({
    token: await affected(db.deleteFrom('token').where(engine.among('id', ids)).where('until', '<', before)),
  }));
}

async function inTransaction(
  engine: Engine,
  work: (db: Transaction<Database>) => Promise<Counts>,
): Promise<Deleted> {
  let begun = 0;
  const counts = await engine
    .kysely<Database>()
    .transaction()
    .execute((db) => {
      begun = performance.now();
      return work(db);
    });
  return { artifacts: 0, logger: 0, job: 0, token: 0, ...counts, held: performance.now() - begun };
}

/** Jobs of these that have so many children that one transaction should not take them all, with the table they are in. */
export async function giants(
  engine: Engine,
  ids: readonly bigint[],
): Promise<{ id: bigint; table: 'artifacts' | 'logger' }[]> {
  const found: { id: bigint; table: 'artifacts' | 'logger' }[] = [];
  for (const table of ['artifacts', 'logger'] as const) {
    const rows = await engine
      .kysely<Database>()
      .selectFrom(table)
      .select('job_id')
      .where(engine.among('job_id', ids))
      .groupBy('job_id')
      .having(sql<bigint>`count(*)`, '>', BigInt(GIANT))
      .execute();
    found.push(...rows.flatMap(({ job_id }) => (job_id === null ? [] : [{ id: job_id, table }])));
  }
  return found;
}

/** Deletes {@link GIANT} children of the job, or those that are left of them. */
export function drain(engine: Engine, table: 'artifacts' | 'logger', job: bigint): Promise<Deleted> {
  return inTransaction(engine, async (db) => {
    const holds = await readHolds(db, nowUtc());
    const query = db
      .selectFrom('job')
      .select('id')
      .where('id', '=', job)
      .where('status', 'in', FINISHED)
      .where(freeJobs(holds));
    const certain = await (engine.capabilities.rowLocks ? query.forUpdate() : query).execute();
    if (certain.length === 0) return {};
    const rows = await db.selectFrom(table).select('id').where('job_id', '=', job).limit(GIANT).execute();
    const ids = rows.map(({ id }) => id);
    return ids.length === 0
      ? {}
      : { [table]: await affected(db.deleteFrom(table).where(engine.among('id', ids))) };
  });
}

async function affected(query: { executeTakeFirst(): Promise<{ numDeletedRows: bigint }> }): Promise<number> {
  return Number((await query.executeTakeFirst()).numDeletedRows);
}
