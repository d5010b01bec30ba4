/** The front door of the schema: the tables as they stand, and what they mean to maintenance. */
export { JOB_AGE, LOG_AGE, type Timeline } from './age.ts';
export { BOOKKEEPING } from './bookkeeping.ts';
export { FINISHED, type JobStatus } from './job-status.ts';
export type * from './tables.ts';
