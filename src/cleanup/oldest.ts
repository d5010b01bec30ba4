/** The queries that walk up from the oldest row, a chunk at a time; each is answered by one index alone. */
import { type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import { type Database, JOB_AGE, LOG_AGE } from '../schema/index.ts';
import { type Key, newer, older } from './boundary.ts';
import type { JobFacts } from './goes.ts';
import { freeJobs, freeLogs, type Holds } from './holds.ts';
import type { FinishedStatus } from './rules.ts';
import type { JobScope, LogScope } from './scopes.ts';

/** Where a walk is: it goes on behind `after`, for so many rows. */
export interface Stretch {
  readonly after: Key | undefined;
  readonly limit: number;
}

/** A scope's jobs without regard to status, spared and held ones. */
export function inScope({ company, template, onlyCompany }: JobScope) {
  return (where: ExpressionBuilder<Database, 'job'>) => {
    if (template === 'all') return where('job.company_id', '=', company);
    const ofTemplate =
      template === null
        ? where('job.run_template_id', 'is', null)
        : where('job.run_template_id', '=', template);
    return template === null || onlyCompany
      ? where.and([ofTemplate, where('job.company_id', '=', company)])
      : ofTemplate;
  };
}

/** With company or run template and the status fixed, an index gives the rows in the order of their age. */
export function oldestJobs(
  db: Kysely<Database>,
  scope: JobScope,
  status: FinishedStatus,
  holds: Holds,
  { after, limit }: Stretch,
) {
  let query = db
    .selectFrom('job')
    .select(['job.id', 'job.DatCreate as at'])
    .where(inScope(scope))
    .where('job.status', '=', status)
    .where(older(JOB_AGE, scope.before))
    .where(freeJobs(holds));
  if (scope.spared.length > 0) query = query.where('job.id', 'not in', scope.spared);
  if (after) query = query.where(newer(JOB_AGE, after));
  return query.orderBy('job.DatCreate').orderBy('job.id').limit(limit);
}

/** All jobs in the order of their age, whoever's they are and whatever their status: which of them go is asked of each. */
export function oldestOfAll(db: Kysely<Database>, before: Key, { after, limit }: Stretch) {
  let query = jobFacts(db).where(older(JOB_AGE, before));
  if (after) query = query.where(newer(JOB_AGE, after));
  return query.orderBy('job.DatCreate').orderBy('job.id').limit(limit);
}

export function jobFacts(db: Kysely<Database>) {
  return db
    .selectFrom('job')
    .select(['job.id', 'job.DatCreate as at', 'job.company_id', 'job.run_template_id', 'job.status'])
    .$castTo<JobFacts>();
}

/** What decides whether a log entry goes by its own age. */
export interface LogFacts extends Key {
  readonly company_id: bigint | null;
}

/**
 * All log entries in the order of their age, whoever's they are. With conditions on the company an engine might put the
 * walk together from the companies' indexes, and sort it; `severity`, which none of them has, keeps it from that.
 */
export function oldestLogsOfAll(db: Kysely<Database>, before: Key, { after, limit }: Stretch) {
  let query = db
    .selectFrom('logger')
    .select(['logger.id', 'logger.created_at as at', 'logger.company_id', 'logger.severity'])
    .where(older(LOG_AGE, before))
    .$castTo<LogFacts>();
  if (after) query = query.where(newer(LOG_AGE, after));
  return query.orderBy('logger.created_at').orderBy('logger.id').limit(limit);
}

export function oldestLogs(db: Kysely<Database>, scope: LogScope, holds: Holds, { after, limit }: Stretch) {
  let query = db
    .selectFrom('logger')
    .select(['logger.id', 'logger.created_at as at'])
    .where(ofCompany(scope))
    .where(older(LOG_AGE, scope.before))
    .where(freeLogs(holds));
  if (after) query = query.where(newer(LOG_AGE, after));
  return query.orderBy('logger.created_at').orderBy('logger.id').limit(limit);
}

export function ofCompany({ company }: LogScope) {
  return (where: ExpressionBuilder<Database, 'logger'>) =>
    company === null ? where('logger.company_id', 'is', null) : where('logger.company_id', '=', company);
}

/** Log entries that go by their own age. */
export function goesByItself(scopes: readonly LogScope[], holds: Holds) {
  return (where: ExpressionBuilder<Database, 'logger'>) => {
    const byBoundary = Map.groupBy(scopes, ({ before }) => `${before.at} ${before.id}`);
    const alternatives = [...byBoundary.values()].flatMap((same) => {
      const [first] = same;
      if (!first) return [];
      const companies = same.flatMap(({ company }) => company ?? []);
      return [
        where.and([
          older(LOG_AGE, first.before),
          where.or([
            // A NULL is not unknown here: it is not among them.
            ...(companies.length > 0
              ? [
                  where.and([
                    where('logger.company_id', 'is not', null),
                    where('logger.company_id', 'in', companies),
                  ]),
                ]
              : []),
            ...(same.some(({ company }) => company === null) ? [where('logger.company_id', 'is', null)] : []),
          ]),
        ]),
      ];
    });
    return alternatives.length === 0
      ? sql<SqlBool>`1 = 0`
      : where.and([where.or(alternatives), freeLogs(holds)(where)]);
  };
}

export function oldestTokens(db: Kysely<Database>, before: string, { after, limit }: Stretch) {
  let query = db
    .selectFrom('token')
    .select(['id', sql<string>`until`.as('at')])
    .where('until', '<', before);
  if (after) {
    const { at, id } = after;
    query = query
      .where('until', '>=', at)
      .where((where) => where.or([where('until', '>', at), where('id', '>', id)]));
  }
  return query.orderBy('until').orderBy('id').limit(limit);
}
