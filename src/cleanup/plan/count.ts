/** Counts what a plan's scopes mean at the moment. Each statement is about one scope, however many there are. */
import { type Expression, type ExpressionBuilder, type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { type Database, FINISHED, JOB_AGE, LOG_AGE, type Timeline } from '../../schema/index.ts';
import { beginningOf, later, older } from '../selection/boundary.ts';
import { type Chosen, countDependents } from '../selection/dependent-rows.ts';
import { columnsOf, type Dependent, keyOf, nameOf } from '../selection/dependents.ts';
import { freeJobs, freeLogs, type Holds } from '../selection/held-rows.ts';
import { inScope, ofCompany } from '../selection/queries.ts';
import type { JobScope, LogScope } from '../selection/scopes.ts';
import type { CountedJobs, CountedRows } from './content-estimate.ts';
import type { PlannedDependent } from './plan.ts';

interface CompanyCount {
  jobs: number;
  oldest: string;
  newest: string;
}

const rows = sql<bigint>`count(*)`.as('n');

export class Counting {
  ownLogs = 0;
  jobLogs = 0;
  artifacts = 0;
  jobCount = 0;
  readonly companies = new Map<bigint, CompanyCount>();
  /** The same by places, for who wants to look at some of the rows. */
  readonly countedLogs: CountedRows<LogScope>[] = [];
  readonly countedJobs: CountedJobs[] = [];
  private readonly engine: Engine;
  private readonly db: Kysely<Database>;
  private readonly holds: Holds;
  private readonly logScopes: ReadonlyMap<bigint | null, LogScope>;
  private readonly gone: ReadonlyMap<bigint | null, LogScope>;
  private readonly depending: readonly { readonly one: Dependent; rows: number; ofArchived: number }[];

  constructor(
    engine: Engine,
    holds: Holds,
    logScopes: readonly LogScope[],
    dependents: readonly Dependent[],
    gone: readonly LogScope[] = [],
  ) {
    this.engine = engine;
    this.db = engine.kysely<Database>();
    this.holds = holds;
    this.logScopes = byCompany(logScopes);
    this.gone = byCompany(gone);
    this.depending = dependents.map((one) => ({ one, rows: 0, ofArchived: 0 }));
  }

  async logs(scope: LogScope): Promise<void> {
    const row = await this.agedLogs(scope)
      .select(({ fn }) => [rows, fn.min('logger.id').as('lowest'), fn.max('logger.id').as('highest')])
      .executeTakeFirst();
    if (!row || row.n === 0n) return;
    const { n, lowest, highest } = row;
    this.ownLogs += Number(n);
    this.countedLogs.push({ scope, rows: Number(n), lowest, highest });
    const chosen: Chosen = (table, name) =>
      table === 'logger' ? isAmong(`${name}.id`, this.agedLogs(scope).select('logger.id')) : null;
    await this.countDependents(scope, chosen);
  }

  /** @returns whether there are any */
  async jobs(scope: JobScope): Promise<boolean> {
    const byStatus = await this.deletable(scope)
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
        this.countedJobs.push({ scope: { ...scope, status: finished }, rows: jobs, lowest, highest });
    }
    if (byStatus.length === 0) return false;
    await this.countChildren(scope);
    const chosen: Chosen = (table, name) => {
      const key = { job: 'id', artifacts: 'job_id', logger: 'job_id', token: null, housekeeping_run: null }[
        table
      ];
      return key === null ? null : isAmong(`${name}.${key}`, this.deletable(scope).select('job.id'));
    };
    await this.countDependents(scope, chosen);
    return true;
  }

  /** Rows that are nobody's, by their age alone. */
  async aged(timeline: Timeline, before: string): Promise<number> {
    const old = older(timeline, beginningOf(before));
    const { rows: counted } = await sql<{ n: bigint }>`
      select count(*) as n from ${sql.table(timeline.table)} where ${old}`.execute(this.db);
    const chosen: Chosen = (table, name) =>
      table === timeline.table
        ? sql<boolean>`${sql.ref(`${name}.id`)} in (select id from ${sql.table(table)} where ${old})`
        : null;
    await this.countDependents({ archive: false }, chosen);
    return Number(counted[0]?.n ?? 0n);
  }

  dependents(): PlannedDependent[] {
    return this.depending.map(({ one, ...counts }) => {
      const last = one.path.at(-1);
      return {
        key: keyOf(one),
        table: nameOf(one),
        columns: columnsOf(one),
        target: last?.target ?? '',
        onDelete: last?.onDelete ?? '',
        effect: one.effect,
        ...counts,
      };
    });
  }

  private async countChildren(scope: JobScope): Promise<void> {
    const artifacts = await this.deletable(scope)
      .innerJoin('artifacts', 'artifacts.job_id', 'job.id')
      .select(rows)
      .executeTakeFirst();
    this.artifacts += Number(artifacts?.n ?? 0n);
    this.jobLogs += await this.logsOfJobsAlone(scope);
  }

  /**
   * Log entries of a scope's jobs but for those that are deleted by their own age: they are counted already. Where none is,
   * the index of the log by job answers; else each entry is read, once: on a server whose memory holds only a part of the
   * log, from the disk, for each company anew.
   */
  private async logsOfJobsAlone(scope: JobScope): Promise<number> {
    const logs = this.deletable(scope).innerJoin('logger', 'logger.job_id', 'job.id');
    if (this.logScopes.size + this.gone.size === 0) {
      const all = await logs.select(rows).executeTakeFirst();
      return Number(all?.n ?? 0n);
    }
    // Nearly all entries are of the company whose job wrote them.
    const own = this.goneByAge(scope.company);
    const byCompany = await logs
      .select((where) => [
        'logger.company_id',
        rows,
        own
          ? where.fn
              .sum<bigint>(
                where
                  .case()
                  .when(own(where as never))
                  .then(1)
                  .else(0)
                  .end(),
              )
              .as('aged')
          : sql<bigint>`0`.as('aged'),
      ])
      .groupBy('logger.company_id')
      .execute();
    let alone = 0;
    for (const { company_id, n, aged } of byCompany) {
      alone += Number(n) - Number(aged);
      const others = company_id === scope.company ? undefined : this.goneByAge(company_id);
      if (!others) continue;
      const counted = await logs
        .select(rows)
        .where((where) => others(where as never))
        .executeTakeFirst();
      alone -= Number(counted?.n ?? 0n);
    }
    return alone;
  }

  /** Log entries of a company, or of none, that are deleted by their own age; undefined where none is. */
  private goneByAge(company: bigint | null) {
    const own = widest(this.logScopes.get(company), this.gone.get(company));
    if (!own) return undefined;
    return (where: ExpressionBuilder<Database, 'logger'>) =>
      where.and([
        ofCompany(own)(where),
        older(LOG_AGE, own.before),
        freeLogs(this.engine, this.holds)(where),
      ]);
  }

  private async countDependents({ archive }: { readonly archive: boolean }, chosen: Chosen): Promise<void> {
    for (const depending of this.depending) {
      const n = await countDependents(this.engine.kysely(), depending.one, chosen);
      depending.rows += n;
      if (archive) depending.ofArchived += n;
    }
  }

  private agedLogs(scope: LogScope) {
    const gone = this.gone.get(scope.company);
    const query = this.db
      .selectFrom('logger')
      .where(ofCompany(scope))
      .where(older(LOG_AGE, scope.before))
      .where(freeLogs(this.engine, this.holds));
    return gone ? query.where(sql<boolean>`not (${older(LOG_AGE, gone.before)})`) : query;
  }

  private deletable(scope: JobScope) {
    const query = this.db
      .selectFrom('job')
      .where(inScope(scope))
      .where('job.status', 'in', scope.statuses)
      .where(older(JOB_AGE, scope.before))
      .where(freeJobs(this.engine, this.holds));
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

function byCompany(scopes: readonly LogScope[]): ReadonlyMap<bigint | null, LogScope> {
  return new Map(scopes.map((scope) => [scope.company, scope]));
}

/** Of one company. */
function widest(one: LogScope | undefined, other: LogScope | undefined): LogScope | undefined {
  if (!one || !other) return one ?? other;
  return { ...one, before: later(one.before, other.before) };
}

function isAmong(column: string, ids: Expression<unknown>): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(column)} in (${ids})`;
}
