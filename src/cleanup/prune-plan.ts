/** What a prune would delete: counted, not touched. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import { type Database, FINISHED, JOB_AGE, LOG_AGE } from '../schema/index.ts';
import { boundary, type Key, older } from './boundary.ts';

export interface PruneRequest {
  readonly jobs: boolean;
  readonly logs: boolean;
  /** How many of the newest rows stay, of jobs and of log entries each; a whole number from 0. */
  readonly keep: number;
}

export interface PrunePlan {
  readonly keep: number;
  /** Finished jobs strictly older than this go; null for none. Frozen when the plan is made. */
  readonly jobsBefore: Key | null;
  /** Log entries strictly older than this go; null for none. */
  readonly logsBefore: Key | null;
  /** What goes, children included; in the order in which it goes. */
  readonly tables: readonly PlannedTable[];
}

interface PlannedTable {
  readonly table: 'logger' | 'artifacts' | 'job';
  readonly rows: number;
  /** Rows that go only because their job goes. */
  readonly withTheirJob: number;
}

type Db = Kysely<Database>;

/** Reads only. Its time follows what would be deleted, and `keep`. */
export async function planPrune(engine: Engine, request: PruneRequest): Promise<PrunePlan> {
  const db = engine.kysely<Database>();
  const logsBefore = request.logs ? await boundary(db, LOG_AGE, request.keep) : null;
  const jobsBefore = request.jobs ? await boundary(db, JOB_AGE, request.keep) : null;
  const ownLogs = logsBefore ? await countLogs(db, logsBefore) : 0;
  const jobs = jobsBefore ? await countJobs(db, jobsBefore) : 0;
  const artifacts = jobsBefore ? await countArtifacts(db, jobsBefore) : 0;
  const jobLogs = jobsBefore ? await countLogsOfJobs(db, jobsBefore, logsBefore) : 0;
  return {
    keep: request.keep,
    jobsBefore,
    logsBefore,
    tables: [
      { table: 'logger', rows: ownLogs + jobLogs, withTheirJob: jobLogs },
      { table: 'artifacts', rows: artifacts, withTheirJob: artifacts },
      { table: 'job', rows: jobs, withTheirJob: 0 },
    ],
  };
}

async function countLogs(db: Db, before: Key): Promise<number> {
  return one(await db.selectFrom('logger').select(count).where(older(LOG_AGE, before)).executeTakeFirst());
}

async function countJobs(db: Db, before: Key): Promise<number> {
  return one(
    await db
      .selectFrom('job')
      .select(count)
      .where('job.status', 'in', FINISHED)
      .where(older(JOB_AGE, before))
      .executeTakeFirst(),
  );
}

async function countArtifacts(db: Db, before: Key): Promise<number> {
  const query = db.selectFrom('job').innerJoin('artifacts', 'artifacts.job_id', 'job.id').select(count);
  return one(
    await query.where('job.status', 'in', FINISHED).where(older(JOB_AGE, before)).executeTakeFirst(),
  );
}

/** Log entries of jobs that go, without those that go by their own age already. */
async function countLogsOfJobs(db: Db, jobsBefore: Key, logsBefore: Key | null): Promise<number> {
  let query = db.selectFrom('job').innerJoin('logger', 'logger.job_id', 'job.id').select(count);
  query = query.where('job.status', 'in', FINISHED).where(older(JOB_AGE, jobsBefore));
  if (logsBefore) query = query.where(sql<boolean>`not (${older(LOG_AGE, logsBefore)})`);
  return one(await query.executeTakeFirst());
}

const count = sql<bigint>`count(*)`.as('n');

function one(row: { n: bigint } | undefined): number {
  return Number(row?.n ?? 0n);
}
