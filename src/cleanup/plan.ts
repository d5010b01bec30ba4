/** What a purge would delete: counted and frozen, not touched. */
import { type Kysely, sql } from 'kysely';
import { type Engine, nowUtc } from '../engines/index.ts';
import { type Database, JOB_AGE, LOG_AGE } from '../schema/index.ts';
import { older } from './boundary.ts';
import { freeJobs, freeLogs, type Holds, readHolds } from './holds.ts';
import { goesByItself, inScope, ofCompany } from './oldest.ts';
import { requireIndexesOfRules, requireIndexesOfWalks } from './required-indexes.ts';
import type { RuleBook } from './rules.ts';
import { type JobScope, jobScopes, type LogScope, logScopes } from './scopes.ts';

export interface PurgePlan {
  /** When it was made, and for which database. */
  readonly made: string;
  readonly where: string;
  /** What goes, with its boundaries; nothing else is touched, whatever is written later. */
  readonly jobs: readonly JobScope[];
  readonly logs: readonly LogScope[];
  /** Tokens that ended before this instant go; null for none. */
  readonly tokensBefore: string | null;
  /** What goes, children included; in the order in which it goes. */
  readonly tables: readonly PlannedTable[];
  /** Jobs by company, the most first. */
  readonly companies: readonly PlannedCompany[];
}

export interface PlannedTable {
  readonly table: 'logger' | 'artifacts' | 'job' | 'token';
  readonly rows: number;
  /** Rows that go only because their job goes. */
  readonly withTheirJob: number;
}

export interface PlannedCompany {
  readonly id: bigint;
  readonly slug: string;
  readonly jobs: number;
  /** When the oldest and the newest of them were created. */
  readonly oldest: string;
  readonly newest: string;
}

type Db = Kysely<Database>;

/**
 * Reads only. Its time follows what would be deleted, what the rules keep, and the number of run templates.
 * @throws INDEX_MISSING rather than to read whole tables
 */
export async function planPurge(engine: Engine, book: RuleBook): Promise<PurgePlan> {
  await requireIndexesOfRules(engine, book);
  const db = engine.kysely<Database>();
  const made = nowUtc();
  const holds = await readHolds(db, made);
  return counted(db, holds, {
    made,
    where: engine.where,
    jobs: await jobScopes(db, book, holds),
    logs: await logScopes(db, book, holds),
    tokensBefore: book.tokensBefore ?? null,
  });
}

/** The same boundaries, counted as things are now. @throws INDEX_MISSING */
export async function recount(engine: Engine, plan: PurgePlan): Promise<PurgePlan> {
  await requireIndexesOfWalks(engine, plan);
  const db = engine.kysely<Database>();
  return counted(db, await readHolds(db, nowUtc()), plan);
}

async function counted(
  db: Db,
  holds: Holds,
  frozen: Omit<PurgePlan, 'tables' | 'companies'>,
): Promise<PurgePlan> {
  const { made, where, logs, tokensBefore } = frozen;
  const count = new Counting(db, holds, logs);
  for (const scope of logs) await count.logs(scope);
  const jobs: JobScope[] = [];
  for (const scope of frozen.jobs) if (await count.jobs(scope)) jobs.push(scope);
  const tokens = tokensBefore === null ? 0 : await countTokens(db, tokensBefore);
  return {
    made,
    where,
    jobs,
    logs,
    tokensBefore,
    tables: [
      { table: 'logger', rows: count.ownLogs + count.jobLogs, withTheirJob: count.jobLogs },
      { table: 'artifacts', rows: count.artifacts, withTheirJob: count.artifacts },
      { table: 'job', rows: count.jobCount, withTheirJob: 0 },
      ...(tokensBefore === null ? [] : [{ table: 'token' as const, rows: tokens, withTheirJob: 0 }]),
    ],
    companies: await withSlugs(db, count.companies),
  };
}

interface CompanyCount {
  jobs: number;
  oldest: string;
  newest: string;
}

class Counting {
  ownLogs = 0;
  jobLogs = 0;
  artifacts = 0;
  jobCount = 0;
  readonly companies = new Map<bigint, CompanyCount>();
  private readonly db: Db;
  private readonly holds: Holds;
  private readonly logScopes: readonly LogScope[];

  constructor(db: Db, holds: Holds, logScopes: readonly LogScope[]) {
    this.db = db;
    this.holds = holds;
    this.logScopes = logScopes;
  }

  async logs(scope: LogScope): Promise<void> {
    const row = await this.db
      .selectFrom('logger')
      .select(rows)
      .where(ofCompany(scope))
      .where(older(LOG_AGE, scope.before))
      .where(freeLogs(this.holds))
      .executeTakeFirst();
    this.ownLogs += Number(row?.n ?? 0n);
  }

  /** @returns whether there are any */
  async jobs(scope: JobScope): Promise<boolean> {
    const row = await this.going(scope)
      .select(({ fn }) => [
        fn.countAll<bigint>().as('n'),
        fn.min('job.DatCreate').as('oldest'),
        fn.max('job.DatCreate').as('newest'),
      ])
      .executeTakeFirst();
    const jobs = Number(row?.n ?? 0n);
    if (jobs === 0 || !row) return false;
    this.jobCount += jobs;
    this.note(scope.company, { jobs, oldest: row.oldest, newest: row.newest });
    const artifacts = await this.going(scope)
      .innerJoin('artifacts', 'artifacts.job_id', 'job.id')
      .select(rows)
      .executeTakeFirst();
    this.artifacts += Number(artifacts?.n ?? 0n);
    // Those that go by their own age are counted already.
    const logs = await this.going(scope)
      .innerJoin('logger', 'logger.job_id', 'job.id')
      .where((where) => where.not(goesByItself(this.logScopes, this.holds)(where as never)))
      .select(rows)
      .executeTakeFirst();
    this.jobLogs += Number(logs?.n ?? 0n);
    return true;
  }

  private going(scope: JobScope) {
    const query = this.db
      .selectFrom('job')
      .where(inScope(scope))
      .where('job.status', 'in', scope.statuses)
      .where(older(JOB_AGE, scope.before))
      .where(freeJobs(this.holds));
    return scope.spared.length > 0 ? query.where('job.id', 'not in', scope.spared) : query;
  }

  private note(company: bigint, { jobs, oldest, newest }: CompanyCount): void {
    const known = this.companies.get(company);
    if (!known) this.companies.set(company, { jobs, oldest, newest });
    else {
      known.jobs += jobs;
      if (oldest < known.oldest) known.oldest = oldest;
      if (newest > known.newest) known.newest = newest;
    }
  }
}

const rows = sql<bigint>`count(*)`.as('n');

async function countTokens(db: Db, before: string): Promise<number> {
  const row = await db.selectFrom('token').select(rows).where('until', '<', before).executeTakeFirst();
  return Number(row?.n ?? 0n);
}

async function withSlugs(db: Db, counts: ReadonlyMap<bigint, CompanyCount>): Promise<PlannedCompany[]> {
  if (counts.size === 0) return [];
  const slugs = await db
    .selectFrom('company')
    .select(['id', 'slug'])
    .where('id', 'in', [...counts.keys()])
    .execute();
  return slugs
    .flatMap(({ id, slug }) => {
      const count = counts.get(id);
      return count ? [{ id, slug, ...count }] : [];
    })
    .sort((a, b) => b.jobs - a.jobs || (a.id < b.id ? -1 : 1));
}
