/** What a purge would delete: counted and frozen, not touched. */
import { type Kysely, sql } from 'kysely';
import { type Engine, nowUtc } from '../engines/index.ts';
import { type Database, FINISHED, JOB_AGE, LOG_AGE } from '../schema/index.ts';
import { older } from './boundary.ts';
import { freeJobs, freeLogs, type Holds, readHolds } from './holds.ts';
import { goesByItself, inScope, ofCompany } from './oldest.ts';
import { type Going, type GoingJobs, Payload, Sample } from './payload.ts';
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
  /** Runs of housekeeping that began before this instant go; null for none. */
  readonly historyBefore: string | null;
  /** What goes, children included; in the order in which it goes. */
  readonly tables: readonly PlannedTable[];
  /** Jobs by company, the most first. */
  readonly companies: readonly PlannedCompany[];
}

export interface PlannedTable {
  readonly table: 'logger' | 'artifacts' | 'job' | 'token' | 'housekeeping_run';
  readonly rows: number;
  /** Rows that go only because their job goes. */
  readonly withTheirJob: number;
  /** About what their values take, in bytes; null where it was not looked for. */
  readonly bytes: number | null;
}

export interface PlannedCompany {
  readonly id: bigint;
  readonly slug: string;
  readonly jobs: number;
  /** When the oldest and the newest of them were created. */
  readonly oldest: string;
  readonly newest: string;
}

/** What a plan says of what goes, without how much it is. */
export type FrozenPlan = Omit<PurgePlan, 'tables' | 'companies'>;

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
  const frozen = {
    made,
    where: engine.where,
    jobs: await jobScopes(db, book, holds),
    logs: await logScopes(db, book, holds),
    tokensBefore: book.tokensBefore ?? null,
    historyBefore: book.historyBefore ?? null,
  };
  const { plan, count } = await counted(db, holds, frozen);
  const bytes = await bytesOf(engine, plan, count);
  return { ...plan, tables: plan.tables.map((line) => ({ ...line, bytes: bytes[line.table] })) };
}

/** The same boundaries, counted as things are now; a row is taken to be as large as before. @throws INDEX_MISSING */
export async function recount(engine: Engine, plan: PurgePlan): Promise<PurgePlan> {
  await requireIndexesOfWalks(engine, plan);
  const db = engine.kysely<Database>();
  const { plan: now } = await counted(db, await readHolds(db, nowUtc()), plan);
  const before = new Map(plan.tables.map((line) => [line.table, line]));
  const bytes = ({ table, rows }: PlannedTable) => {
    const known = before.get(table);
    if (!known || known.bytes === null) return null;
    return known.rows === 0 ? 0 : Math.round((known.bytes / known.rows) * rows);
  };
  return { ...now, tables: now.tables.map((line) => ({ ...line, bytes: bytes(line) })) };
}

async function counted(
  db: Db,
  holds: Holds,
  frozen: FrozenPlan,
): Promise<{ plan: PurgePlan; count: Counting }> {
  const { made, where, logs, tokensBefore, historyBefore } = frozen;
  const count = new Counting(db, holds, logs);
  for (const scope of logs) await count.logs(scope);
  const jobs: JobScope[] = [];
  for (const scope of frozen.jobs) if (await count.jobs(scope)) jobs.push(scope);
  const tokens = tokensBefore === null ? 0 : await countTokens(db, tokensBefore);
  const runs = historyBefore === null ? 0 : await countRuns(db, historyBefore);
  const table = (name: PlannedTable['table'], rows: number, withTheirJob = 0): PlannedTable => ({
    table: name,
    rows,
    withTheirJob,
    bytes: null,
  });
  const plan = {
    made,
    where,
    jobs,
    logs,
    tokensBefore,
    historyBefore,
    tables: [
      table('logger', count.ownLogs + count.jobLogs, count.jobLogs),
      table('artifacts', count.artifacts, count.artifacts),
      table('job', count.jobCount),
      ...(tokensBefore === null ? [] : [table('token', tokens)]),
      ...(historyBefore === null ? [] : [table('housekeeping_run', runs)]),
    ],
    companies: await withSlugs(db, count.companies),
  };
  return { plan, count };
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
  /** The same by places, for who wants to look at some of the rows. */
  readonly goingLogs: Going<LogScope>[] = [];
  readonly goingJobs: GoingJobs[] = [];
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
      .select(({ fn }) => [rows, fn.min('logger.id').as('lowest'), fn.max('logger.id').as('highest')])
      .where(ofCompany(scope))
      .where(older(LOG_AGE, scope.before))
      .where(freeLogs(this.holds))
      .executeTakeFirst();
    if (!row || row.n === 0n) return;
    const { n, lowest, highest } = row;
    this.ownLogs += Number(n);
    this.goingLogs.push({ scope, rows: Number(n), lowest, highest });
  }

  /** @returns whether there are any */
  async jobs(scope: JobScope): Promise<boolean> {
    const byStatus = await this.going(scope)
      .select(({ fn }) => [
        'job.status',
        rows,
        fn.min('job.DatCreate').as('oldest'),
        fn.max('job.DatCreate').as('newest'),
        fn.min('job.id').as('lowest'),
        fn.max('job.id').as('highest'),
      ])
      .groupBy('job.status')
      .execute();
    for (const { status, n, oldest, newest, lowest, highest } of byStatus) {
      const jobs = Number(n);
      this.jobCount += jobs;
      this.note(scope.company, { jobs, oldest, newest });
      const finished = FINISHED.find((known) => known === status);
      if (finished)
        this.goingJobs.push({ scope: { ...scope, status: finished }, rows: jobs, lowest, highest });
    }
    if (byStatus.length === 0) return false;
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

async function bytesOf(
  engine: Engine,
  { tables, tokensBefore, historyBefore }: PurgePlan,
  count: Counting,
): Promise<Record<PlannedTable['table'], number>> {
  const payload = await Payload.open(engine);
  const jobs = await payload.jobs(count.goingJobs);
  const logs = await payload.logs(count.goingLogs);
  const going = (name: PlannedTable['table']) => tables.find(({ table }) => table === name)?.rows ?? 0;
  // Where few jobs have children, none of those that were looked at may have any.
  const orAny = async (table: 'artifacts' | 'logger', sample: Sample, children: number) =>
    sample.rows === 0 && children > 0 ? payload.first(table) : sample;
  const before = async (table: 'token' | 'housekeeping_run', column: string, instant: string | null) =>
    instant === null ? new Sample() : payload.first(table, sql`${sql.ref(column)} < ${instant}`);
  return {
    logger: logs.of(count.ownLogs) + (await orAny('logger', jobs.logger, count.jobLogs)).of(count.jobLogs),
    artifacts: (await orAny('artifacts', jobs.artifacts, count.artifacts)).of(count.artifacts),
    job: jobs.job.of(count.jobCount),
    token: (await before('token', 'until', tokensBefore)).of(going('token')),
    housekeeping_run: (await before('housekeeping_run', 'started_at', historyBefore)).of(
      going('housekeeping_run'),
    ),
  };
}

const rows = sql<bigint>`count(*)`.as('n');

async function countTokens(db: Db, before: string): Promise<number> {
  const row = await db.selectFrom('token').select(rows).where('until', '<', before).executeTakeFirst();
  return Number(row?.n ?? 0n);
}

async function countRuns(db: Db, before: string): Promise<number> {
  const row = await db
    .selectFrom('housekeeping_run')
    .select(rows)
    .where('started_at', '<', before)
    .executeTakeFirst();
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
