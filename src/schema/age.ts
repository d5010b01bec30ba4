/** By which column the rows of a table age. Each has an index that begins with it and ends with the id. */
export interface Timeline {
  readonly table: 'job' | 'logger' | 'token' | 'housekeeping_run';
  readonly at: 'DatCreate' | 'created_at' | 'until' | 'started_at';
}

export const JOB_AGE: Timeline = { table: 'job', at: 'DatCreate' };
export const LOG_AGE: Timeline = { table: 'logger', at: 'created_at' };
/** From when a token has ended; one without an end never ages. */
export const TOKEN_AGE: Timeline = { table: 'token', at: 'until' };
export const RUN_AGE: Timeline = { table: 'housekeeping_run', at: 'started_at' };

/** A day of a retention rule, in milliseconds: 24 hours, whatever a clock on the wall does. */
export const DAY_MS = 86_400_000;
