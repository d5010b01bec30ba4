/** The front door of the schema: the tables as they stand, and what they mean to maintenance. */
export { DAY_MS, JOB_AGE, LOG_AGE, RUN_AGE, type Timeline, TOKEN_AGE } from './age.ts';
export { isBookkeeping } from './bookkeeping.ts';
export {
  databaseMark,
  findInstallation,
  type Installation,
  installedAt,
  nameInstallation,
  readInstallation,
} from './installation.ts';
export { FINISHED, type JobStatus } from './job-status.ts';
export { COUNT, ID, ID_TEXT, INSTANT_TEXT } from './json-shapes.ts';
export { HOUSEKEEPER_LEASE, PURGE_LOCK, SCHEMA_LOCK } from './locks.ts';
export { parentsFirst } from './parents-first.ts';
export { HIGHEST_ID, LOWEST_ID, parseRowId } from './row-id.ts';
export type * from './tables.ts';
