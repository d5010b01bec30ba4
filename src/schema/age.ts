/** By which column the rows of a table age. Each has an index that begins with it and ends with the id. */
export interface Timeline {
  readonly table: 'job' | 'logger';
  readonly at: 'DatCreate' | 'created_at';
}

export const JOB_AGE: Timeline = { table: 'job', at: 'DatCreate' };
export const LOG_AGE: Timeline = { table: 'logger', at: 'created_at' };
