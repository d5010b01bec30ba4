/** About how many bytes of content a plan deletes. */
import type { Engine } from '../../engines/index.ts';
import { agedTables } from '../selection/aged-tables.ts';
import { beginningOf, older } from '../selection/boundary.ts';
import { type Measured, Payload, type Sample } from './content-estimate.ts';
import type { Counting } from './count.ts';
import type { PurgePlan } from './plan.ts';

/** Of each table of a plan, about what its rows take. */
export async function bytesOf(
  engine: Engine,
  { tables, ...ages }: PurgePlan,
  count: Counting,
): Promise<Record<Measured, number>> {
  const payload = await Payload.open(engine);
  const jobs = await payload.jobs(count.countedJobs);
  const logs = await payload.logs(count.countedLogs);
  const planned = (name: Measured) => tables.find(({ table }) => table === name)?.rows ?? 0;
  // Where few jobs have children, none of those that were looked at may have any.
  const orAny = async (table: 'artifacts' | 'logger', sample: Sample, children: number) =>
    sample.rows === 0 && children > 0 ? payload.first(table) : sample;
  const aged = { token: 0, housekeeping_run: 0 };
  for (const { table, timeline, before } of agedTables(ages)) {
    const sample = await payload.first(table, older(timeline, beginningOf(before)));
    aged[table] = sample.of(planned(table));
  }
  return {
    logger: logs.of(count.ownLogs) + (await orAny('logger', jobs.logger, count.jobLogs)).of(count.jobLogs),
    artifacts: (await orAny('artifacts', jobs.artifacts, count.artifacts)).of(count.artifacts),
    job: jobs.job.of(count.jobCount),
    ...aged,
  };
}
