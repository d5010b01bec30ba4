/** What is held is never deleted, whatever the rules say: jobs, all jobs of a run template, or all that is a company's. */
import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { Database } from '../schema/index.ts';

export interface Holds {
  readonly jobs: readonly bigint[];
  readonly templates: readonly bigint[];
  readonly companies: readonly bigint[];
}

/** Those in force at the instant; few, as people make them by hand. */
export async function readHolds(db: Kysely<Database>, now: string): Promise<Holds> {
  const rows = await db
    .selectFrom('retention_hold')
    .select(['job_id', 'run_template_id', 'company_id'])
    .where((where) => where.or([where('until', 'is', null), where('until', '>', now)]))
    .execute();
  return {
    jobs: rows.flatMap((row) => row.job_id ?? []),
    templates: rows.flatMap((row) => row.run_template_id ?? []),
    companies: rows.flatMap((row) => row.company_id ?? []),
  };
}

export function isHeld(
  { jobs, templates, companies }: Holds,
  job: { readonly id: bigint; readonly run_template_id: bigint | null; readonly company_id: bigint },
): boolean {
  return (
    jobs.includes(job.id) ||
    companies.includes(job.company_id) ||
    (job.run_template_id !== null && templates.includes(job.run_template_id))
  );
}

type JobWhere = ExpressionBuilder<Database, 'job'>;

/** Jobs that are not held. */
export function freeJobs({ jobs, templates, companies }: Holds) {
  return (where: JobWhere) =>
    where.and([
      ...(jobs.length > 0 ? [where('job.id', 'not in', jobs)] : []),
      ...(companies.length > 0 ? [where('job.company_id', 'not in', companies)] : []),
      ...(templates.length > 0
        ? [
            where.or([
              where('job.run_template_id', 'is', null),
              where('job.run_template_id', 'not in', templates),
            ]),
          ]
        : []),
    ]);
}

export function isNothingHeld({ jobs, templates, companies }: Holds): boolean {
  return jobs.length + templates.length + companies.length === 0;
}

/** Log entries that are not held, by themselves or with their job. */
export function freeLogs(holds: Holds) {
  const { jobs, templates, companies } = holds;
  return (where: ExpressionBuilder<Database, 'logger'>) =>
    where.and([
      ...(companies.length > 0
        ? [
            where.or([
              where('logger.company_id', 'is', null),
              where('logger.company_id', 'not in', companies),
            ]),
          ]
        : []),
      ...(!isNothingHeld(holds)
        ? [
            where.not(
              where.exists(
                where
                  .selectFrom('job as held')
                  .select(sql`1`.as('one'))
                  .whereRef('held.id', '=', 'logger.job_id')
                  .where((held) =>
                    held.or([
                      ...(jobs.length > 0 ? [held('held.id', 'in', jobs)] : []),
                      ...(companies.length > 0 ? [held('held.company_id', 'in', companies)] : []),
                      ...(templates.length > 0 ? [held('held.run_template_id', 'in', templates)] : []),
                    ]),
                  ),
              ),
            ),
          ]
        : []),
    ]);
}
