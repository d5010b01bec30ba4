/** What is held is never deleted, whatever the rules say: jobs, all jobs of a run template, or all that is a company's. */
import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import { type Engine, nowUtc } from '../../engines/index.ts';
import type { Database } from '../../schema/index.ts';

export interface Holds {
  /** When they were read: one that ended before holds nothing. */
  readonly at: string;
  /** Whether any job is held by itself: there may be very many, and so they are asked for and not read. */
  readonly anyJob: boolean;
  /** Jobs that are held by themselves, of those that were asked for. */
  readonly jobs: ReadonlySet<bigint>;
  readonly templates: ReadonlySet<bigint>;
  readonly companies: ReadonlySet<bigint>;
}

export function noHolds(at: string): Holds {
  return { at, anyJob: false, jobs: new Set(), templates: new Set(), companies: new Set() };
}

/** Those in force now. @param jobs of which it is to be known whether they are held by themselves */
export async function readHolds(
  engine: Engine,
  db: Kysely<Database>,
  jobs: readonly bigint[] = [],
  at = nowUtc(),
): Promise<Holds> {
  const inForce = db
    .selectFrom('retention_hold')
    .where((where) => where.or([where('until', 'is', null), where('until', '>', at)]));
  const ofOneJob = inForce
    .select(['job_id', 'run_template_id', 'company_id'])
    .where('job_id', 'is not', null);
  const found = await inForce
    .select(['job_id', 'run_template_id', 'company_id'])
    .where('job_id', 'is', null)
    .unionAll(db.selectFrom(ofOneJob.limit(1).as('one')).selectAll())
    .execute();
  const anyJob = found.some(({ job_id }) => job_id !== null);
  const held =
    anyJob && jobs.length > 0
      ? await inForce.select('job_id').where(engine.among('job_id', jobs)).execute()
      : [];
  return {
    at,
    anyJob,
    jobs: new Set(held.flatMap((row) => row.job_id ?? [])),
    templates: new Set(found.flatMap((row) => (row.job_id === null ? (row.run_template_id ?? []) : []))),
    companies: new Set(found.flatMap((row) => (row.job_id === null ? (row.company_id ?? []) : []))),
  };
}

export function isHeld(
  { jobs, templates, companies }: Holds,
  job: { readonly id: bigint; readonly run_template_id: bigint | null; readonly company_id: bigint },
): boolean {
  return (
    jobs.has(job.id) ||
    companies.has(job.company_id) ||
    (job.run_template_id !== null && templates.has(job.run_template_id))
  );
}

export function isNothingHeld({ anyJob, templates, companies }: Holds): boolean {
  return !anyJob && templates.size + companies.size === 0;
}

type Where<Table extends keyof Database> = ExpressionBuilder<Database, Table>;

/** Jobs that are not held. */
export function freeJobs(engine: Engine, holds: Holds) {
  return (where: Where<'job'>) => where.and(heldJob(engine, holds, 'job').map((held) => where.not(held)));
}

/** Log entries that are not held, by themselves or with their job. */
export function freeLogs(engine: Engine, holds: Holds) {
  return (where: Where<'logger'>) => {
    if (isNothingHeld(holds)) return where.and([]);
    const held = where
      .selectFrom('job as held')
      .select(sql`1`.as('one'))
      .whereRef('held.id', '=', 'logger.job_id')
      .where((job) => job.or(heldJob(engine, holds, 'held')));
    return where.and([
      ...(holds.companies.size > 0
        ? [
            where.or([
              where('logger.company_id', 'is', null),
              where.not(engine.among('logger.company_id', [...holds.companies])),
            ]),
          ]
        : []),
      where.not(where.exists(held)),
    ]);
  };
}

/**
 * For each reason there is, whether a job is held for it. Jobs that are held one by one may be many thousands: the
 * table is asked for them, by its index, so that no statement grows with them.
 */
function heldJob(
  engine: Engine,
  { at, anyJob, templates, companies }: Holds,
  job: 'job' | 'held',
): Expression<SqlBool>[] {
  return [
    ...(anyJob
      ? [
          sql<SqlBool>`exists (select 1 from ${sql.table('retention_hold')} as hold
            where hold.job_id = ${sql.ref(`${job}.id`)} and (hold.until is null or hold.until > ${at}))`,
        ]
      : []),
    ...(companies.size > 0 ? [engine.among(`${job}.company_id`, [...companies])] : []),
    ...(templates.size > 0
      ? [
          sql<SqlBool>`(${sql.ref(`${job}.run_template_id`)} is not null
            and ${engine.among(`${job}.run_template_id`, [...templates])})`,
        ]
      : []),
  ];
}
