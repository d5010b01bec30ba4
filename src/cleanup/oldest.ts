/** The queries that walk up from the oldest row, a chunk at a time; each is answered by one index alone. */
import type { Kysely } from 'kysely';
import { type Database, JOB_AGE, type JobStatus, LOG_AGE } from '../schema/index.ts';
import { type Key, newer, older } from './boundary.ts';

/** Where a walk is: it reads what lies strictly between `after` and `before`. */
export interface Stretch {
  readonly before: Key;
  readonly after: Key | undefined;
  readonly limit: number;
}

/** With the status fixed, the index on status, instant and id gives the rows in the order of their age. */
export function oldestJobs(db: Kysely<Database>, status: JobStatus, { before, after, limit }: Stretch) {
  let query = db
    .selectFrom('job')
    .select(['id', 'DatCreate as at'])
    .where('status', '=', status)
    .where(older(JOB_AGE, before));
  if (after) query = query.where(newer(JOB_AGE, after));
  return query.orderBy('DatCreate').orderBy('id').limit(limit);
}

export function oldestLogs(db: Kysely<Database>, { before, after, limit }: Stretch) {
  let query = db.selectFrom('logger').select(['id', 'created_at as at']).where(older(LOG_AGE, before));
  if (after) query = query.where(newer(LOG_AGE, after));
  return query.orderBy('created_at').orderBy('id').limit(limit);
}
