/** The queries that walk up from the oldest row, a chunk at a time; each is answered by one index alone. */
import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { Page } from '../../pacing/index.ts';
import { type Database, JOB_AGE, LOG_AGE, type Timeline } from '../../schema/index.ts';
import type { FinishedStatus } from '../rules/rules.ts';
import { beginningOf, type Key, newer, older } from './boundary.ts';
import type { JobFacts, LogFacts } from './facts.ts';
import { freeJobs, freeLogs, type Holds } from './held-rows.ts';
import type { JobScope, LogScope } from './scopes.ts';

/** A scope's jobs without regard to status, spared and held ones. */
export function inScope({ company, template }: JobScope) {
  return (where: ExpressionBuilder<Database, 'job'>) => {
    const ofCompany = where('job.company_id', '=', company);
    if (template === 'all') return ofCompany;
    return where.and([
      ofCompany,
      template === null
        ? where('job.run_template_id', 'is', null)
        : where('job.run_template_id', '=', template),
    ]);
  };
}

/** With company or run template and the status fixed, an index gives the rows in the order of their age. */
export function oldestJobs(
  engine: Engine,
  scope: JobScope,
  status: FinishedStatus,
  holds: Holds,
  { after, limit }: Page<Key>,
) {
  let query = engine
    .kysely<Database>()
    .selectFrom('job')
    .select(['job.id', 'job.DatCreate as at'])
    .where(inScope(scope))
    .where('job.status', '=', status)
    .where(older(JOB_AGE, scope.before))
    .where(freeJobs(engine, holds));
  if (scope.spared.length > 0) query = query.where('job.id', 'not in', scope.spared);
  if (after) query = query.where(newer(JOB_AGE, after));
  return query.orderBy('job.DatCreate').orderBy('job.id').limit(limit);
}

/** All jobs in the order of their age, whoever's they are and whatever their status: which of them go is asked of each. */
export function oldestOfAll(db: Kysely<Database>, before: Key, { after, limit }: Page<Key>) {
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

/**
 * All log entries in the order of their age, whoever's they are. With conditions on the company an engine might put the
 * walk together from the companies' indexes, and sort it; `severity`, which none of them has, keeps it from that.
 */
export function oldestLogsOfAll(db: Kysely<Database>, before: Key, { after, limit }: Page<Key>) {
  let query = db
    .selectFrom('logger')
    .select(['logger.id', 'logger.created_at as at', 'logger.company_id', 'logger.severity'])
    .where(older(LOG_AGE, before))
    .$castTo<LogFacts>();
  if (after) query = query.where(newer(LOG_AGE, after));
  return query.orderBy('logger.created_at').orderBy('logger.id').limit(limit);
}

export function oldestLogs(engine: Engine, scope: LogScope, holds: Holds, { after, limit }: Page<Key>) {
  let query = engine
    .kysely<Database>()
    .selectFrom('logger')
    .select(['logger.id', 'logger.created_at as at'])
    .where(ofCompany(scope))
    .where(older(LOG_AGE, scope.before))
    .where(freeLogs(engine, holds));
  if (after) query = query.where(newer(LOG_AGE, after));
  return query.orderBy('logger.created_at').orderBy('logger.id').limit(limit);
}

export function ofCompany({ company }: Pick<LogScope, 'company'>) {
  return (where: ExpressionBuilder<Database, 'logger'>) =>
    company === null ? where('logger.company_id', 'is', null) : where('logger.company_id', '=', company);
}

/** Rows that age by themselves and are nobody's: tokens, and the history of runs. */
export function oldestAged(
  db: Kysely<Database>,
  timeline: Timeline,
  before: string,
  { after, limit }: Page<Key>,
) {
  const { table, at } = timeline;
  let query = db
    .selectFrom(table)
    .select([`${table}.id`, sql<string>`${sql.ref(`${table}.${at}`)}`.as('at')])
    .where(older(timeline, beginningOf(before)));
  if (after) query = query.where(newer(timeline, after));
  return query
    .orderBy(sql.ref(`${table}.${at}`))
    .orderBy(`${table}.id`)
    .limit(limit);
}
