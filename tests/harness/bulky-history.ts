/** Jobs whose artifacts take space, so that a purge frees some that can be seen. */
import { randomBytes } from 'node:crypto';
import { applyPurge, type PurgeResult, planPurge } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { at, makeCompany } from './history.ts';
import { jobsOlderThan } from './rule-books.ts';

export const JOBS = 6_000;
/** Bytes of each artifact, which no engine can compress. */
const CONTENT = 4_000;

export async function makeBulkyHistory(engine: Engine): Promise<void> {
  await makeCompany(engine);
  const numbers = Array.from({ length: JOBS }, (_, n) => n);
  await engine.bulkLoad({
    table: 'job',
    columns: ['id', 'run_template_id', 'app_id', 'company_id', 'status', 'DatCreate'],
    rows: numbers.map((n) => [BigInt(n + 1), 1n, 1n, 1n, 'ok', at(n)]),
  });
  await engine.bulkLoad({
    table: 'artifacts',
    columns: ['job_id', 'filename', 'content', 'created_at'],
    rows: numbers.map((n) => [BigInt(n + 1), 'stdout.txt', randomBytes(CONTENT), at(n)]),
  });
}

/** Deletes the oldest nine tenths of the jobs. */
export async function purgeMost(engine: Engine): Promise<PurgeResult> {
  const plan = await planPurge(engine, jobsOlderThan(at(JOBS * 0.9)));
  return applyPurge(engine, plan, { program: 'test', waitMs: 0 });
}
