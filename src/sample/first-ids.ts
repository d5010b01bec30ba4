/** Where the sample may begin in each table: after the existing rows. */
import type { Engine } from '../engines/index.ts';
import { hasJobs, idsNearTheirEnd } from './failures.ts';

/** In the order in which they are filled: parents before children. */
export const SAMPLE_TABLES = [
  'user',
  'token',
  'applications',
  'company',
  'company_env',
  'credential_prototype',
  'credential_type',
  'app_to_company',
  'run_template',
  'config_registry',
  'job',
  'artifacts',
  'logger',
] as const;

export type SampleTableName = (typeof SAMPLE_TABLES)[number];
export type FirstIds = Readonly<Record<SampleTableName, number>>;

type Keys = Record<SampleTableName, { id: bigint }>;

/** Up to here a sample's ids are exact as numbers, however large it is. */
const HIGHEST_LAST_ID = BigInt(Number.MAX_SAFE_INTEGER) / 2n;

export async function firstIds(engine: Engine): Promise<FirstIds> {
  const db = engine.kysely<Keys>();
  const found: [SampleTableName, number][] = [];
  for (const table of SAMPLE_TABLES) {
    const row = await db
      .selectFrom(table)
      .select(({ fn }) => fn.max('id').as('last'))
      .executeTakeFirst();
    const last = row?.last ?? 0n;
    if (last > HIGHEST_LAST_ID) throw idsNearTheirEnd(table, last);
    // Ids may be negative; ours begin with 1.
    found.push([table, Number(last < 0n ? 0n : last) + 1]);
  }
  return Object.fromEntries(found) as Record<SampleTableName, number>;
}

/** @throws HAS_JOBS: a sample in a history that somebody needs could not be told from it any more. */
export async function refuseJobs(engine: Engine): Promise<void> {
  const job = await engine.kysely<Keys>().selectFrom('job').select('id').limit(1).executeTakeFirst();
  if (job !== undefined) throw hasJobs(engine.where);
}

/** What makes the unique names of a later load differ: nothing for the first, then the id it begins with. */
export function suffix(firstId: number): string {
  return firstId === 1 ? '' : `-${firstId}`;
}
