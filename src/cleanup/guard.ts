/** The guard against a rule that means more than it was meant to: a purge that would take a large share of all jobs. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';
import type { PurgePlan } from './plan.ts';

/** From this share on somebody has to have seen it. */
export const LARGEST_SHARE = 0.5;

export interface Oversized {
  /** The company's slug; null for all companies together. */
  readonly company: string | null;
  readonly jobs: number;
}

/**
 * Whose jobs would go by more than the share. Jobs are counted only as far as it takes to know that it is less, so
 * that the time follows what goes.
 */
export async function oversized(
  engine: Engine,
  plan: PurgePlan,
  share = LARGEST_SHARE,
): Promise<Oversized[]> {
  const db = engine.kysely<Database>();
  const found: Oversized[] = [];
  const all = plan.tables.find(({ table }) => table === 'job')?.rows ?? 0;
  if (all > 0 && (await isMoreThan(db, all, share, undefined))) found.push({ company: null, jobs: all });
  for (const { id, slug, jobs } of plan.companies)
    if (await isMoreThan(db, jobs, share, id)) found.push({ company: slug, jobs });
  return found;
}

async function isMoreThan(
  db: Kysely<Database>,
  going: number,
  share: number,
  company: bigint | undefined,
): Promise<boolean> {
  // With so many jobs there, those that go are no more than the share.
  const enough = Math.ceil(going / share);
  let some = db.selectFrom('job').select('id').limit(enough);
  if (company !== undefined) some = some.where('company_id', '=', company);
  const row = await db.selectFrom(some.as('some')).select(sql<bigint>`count(*)`.as('n')).executeTakeFirst();
  return Number(row?.n ?? 0n) < enough;
}
