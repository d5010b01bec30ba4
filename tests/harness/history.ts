/** Small histories for tests, every row said: jobs with artifacts and log entries of one company. */
import type { Engine } from '../../src/engines/index.ts';
import type { Database, JobStatus } from '../../src/schema/index.ts';

export interface TestJob {
  readonly id: bigint;
  readonly status: JobStatus;
  /** Minutes after the beginning of 2026. */
  readonly minute: number;
  readonly artifacts: number;
  readonly logs: number;
  /** Of each of its artifacts; a few unless said otherwise. */
  readonly bytes?: number | undefined;
  /** Run templates 1 and 2 are of company 1, 3 is of company 2; null is none. 1 unless said otherwise. */
  readonly template?: bigint | null | undefined;
  /** Company 1 or 2; that of the run template unless said otherwise. */
  readonly company?: bigint | undefined;
}

export interface TestLog {
  readonly id: bigint;
  readonly job: bigint | null;
  readonly minute: number;
  readonly company: bigint | null;
}

/** `YYYY-MM-DD HH:MM:SS.ffffff` */
export function at(minute: number): string {
  return `${new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString().slice(0, 19).replace('T', ' ')}.000000`;
}

export function templateOf({ template = 1n }: TestJob): bigint | null {
  return template;
}

export function companyOf(job: TestJob): bigint {
  return job.company ?? (templateOf(job) === 3n ? 2n : 1n);
}

/** What jobs and artifacts refer to; once a database. */
export async function makeCompany(engine: Engine): Promise<void> {
  const db = engine.kysely<Database>();
  await db
    .insertInto('company')
    .values([
      { id: 1n, slug: 'acme', name: 'Acme' },
      { id: 2n, slug: 'other', name: 'Other' },
    ])
    .execute();
  await db
    .insertInto('applications')
    .values({ id: 1n, uuid: '0d3c5d4e-0000-4000-8000-000000000001', name: 'App', executable: 'true' })
    .execute();
  await db
    .insertInto('run_template')
    .values([
      { id: 1n, app_id: 1n, company_id: 1n, name: 'First' },
      { id: 2n, app_id: 1n, company_id: 1n, name: 'Second' },
      { id: 3n, app_id: 1n, company_id: 2n, name: 'Of the other' },
    ])
    .execute();
}

/** Replaces all jobs, artifacts and log entries. @returns the log entries: those of jobs first, then the general ones. */
export async function makeHistory(
  engine: Engine,
  jobs: readonly TestJob[],
  generalLogs: readonly number[],
): Promise<TestLog[]> {
  const db = engine.kysely<Database>();
  for (const table of ['logger', 'artifacts', 'job'] as const) await db.deleteFrom(table).execute();
  await engine.bulkLoad({
    table: 'job',
    columns: ['id', 'run_template_id', 'app_id', 'company_id', 'status', 'DatCreate'],
    rows: jobs.map((job) => [job.id, templateOf(job), 1n, companyOf(job), job.status, at(job.minute)]),
  });
  await engine.bulkLoad({
    table: 'artifacts',
    columns: ['job_id', 'filename', 'content', 'created_at'],
    rows: jobs.flatMap((job) =>
      Array.from({ length: job.artifacts }, (_, n) => [
        job.id,
        `${n}.txt`,
        Buffer.from('output'),
        at(job.minute),
      ]),
    ),
  });
  let id = 0n;
  const ofJobs = jobs.flatMap((job) =>
    Array.from({ length: job.logs }, (_, n) => ({
      id: ++id,
      job: job.id,
      minute: job.minute + n,
      company: companyOf(job),
    })),
  );
  const logs: TestLog[] = [
    ...ofJobs,
    ...generalLogs.map((minute) => ({ id: ++id, job: null, minute, company: minute % 2 === 0 ? 1n : null })),
  ];
  await engine.bulkLoad({
    table: 'logger',
    columns: ['id', 'company_id', 'job_id', 'message', 'created_at'],
    rows: logs.map((log) => [log.id, log.company, log.job, 'said', at(log.minute)]),
  });
  return logs;
}
