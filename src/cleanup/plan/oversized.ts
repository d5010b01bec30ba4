/** The guard against a rule that means more than it was meant to: a purge that would take a large share of all jobs. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { Database } from '../../schema/index.ts';
import { recount } from './make-plan.ts';
import type { PurgePlan } from './plan.ts';

/** In percent: from more than this on somebody has to have seen it. */
export const DEFAULT_GUARD = 50;

export interface Oversized {
  /** The company's slug; null for all companies together. */
  readonly company: string | null;
  readonly jobs: number;
}

/**
 * Whose jobs would go by more than the share. Jobs are counted only as far as it takes to know that it is less, so
 * that the time follows what is deleted.
 * @param percent a whole number from 1 to 100; no purge takes more than 100
 */
export async function oversized(
  engine: Engine,
  plan: PurgePlan,
  percent = DEFAULT_GUARD,
): Promise<Oversized[]> {
  if (percent >= 100) return [];
  const db = engine.kysely<Database>();
  const found: Oversized[] = [];
  const all = plan.tables.find(({ table }) => table === 'job')?.rows ?? 0;
  if (all > 0 && (await isMoreThan(db, all, percent, undefined))) found.push({ company: null, jobs: all });
  for (const { id, slug, jobs } of plan.companies)
    if (await isMoreThan(db, jobs, percent, id)) found.push({ company: slug, jobs });
  return found;
}

export interface ReducedPlan {
  /** Its scopes are right; its tables count what went with the other ones as well. */
  readonly plan: PurgePlan;
  readonly skipped: readonly Oversized[];
}

/**
 * Leaves out what belongs to companies that are over the share: their jobs, and their log entries too, as where a rule
 * about them is wrong another may be. Where all together are over it, that is whatever has a company or could have one;
 * what is nobody's (tokens, the history of runs) is deleted all the same.
 */
function withoutOversized(plan: PurgePlan, large: readonly Oversized[]): ReducedPlan {
  const all = large.find(({ company }) => company === null);
  if (all) return { plan: { ...plan, jobs: [], logs: [], companies: [] }, skipped: [all] };
  const slugs = new Set(large.map(({ company }) => company));
  const skipped = new Set(plan.companies.filter(({ slug }) => slugs.has(slug)).map(({ id }) => id));
  return {
    plan: {
      ...plan,
      jobs: plan.jobs.filter(({ company }) => !skipped.has(company)),
      logs: plan.logs.filter(({ company }) => company === null || !skipped.has(company)),
      companies: plan.companies.filter(({ id }) => !skipped.has(id)),
    },
    skipped: large,
  };
}

/** The plan without those over the share, counted again: for runs that nobody watches, which go on with the others. */
export async function skipOversized(engine: Engine, plan: PurgePlan, percent: number): Promise<ReducedPlan> {
  const reduced = withoutOversized(plan, await oversized(engine, plan, percent));
  // A log entry of one company can go with the job of another, so that no difference gives the new numbers.
  return reduced.skipped.length === 0 ? reduced : { ...reduced, plan: await recount(engine, reduced.plan) };
}

async function isMoreThan(
  db: Kysely<Database>,
  deleted: number,
  percent: number,
  company: bigint | undefined,
): Promise<boolean> {
  // With so many jobs there, those that are deleted are no more than the share.
  const enough = Math.ceil((deleted * 100) / percent);
  let some = db.selectFrom('job').select('id').limit(enough);
  if (company !== undefined) some = some.where('company_id', '=', company);
  const row = await db.selectFrom(some.as('some')).select(sql<bigint>`count(*)`.as('n')).executeTakeFirst();
  return Number(row?.n ?? 0n) < enough;
}
