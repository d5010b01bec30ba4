/** A plan for a run that has nowhere to archive. */
import type { Engine } from '../../engines/index.ts';
import { recount } from './make-plan.ts';
import { type PurgePlan, rowsOf } from './plan.ts';

/**
 * Leaves out what is to be archived, and counts the rest again. Whole scopes are left out, not rules: rows whose policy
 * archives them are kept, and never become those of another policy.
 * @returns with how many rows are left out
 */
export async function withoutArchived(
  engine: Engine,
  plan: PurgePlan,
  signal?: AbortSignal,
): Promise<{ readonly plan: PurgePlan; readonly left: number }> {
  const [jobs, logs] = [plan.jobs.filter(isDeleted), plan.logs.filter(isDeleted)];
  if (jobs.length === plan.jobs.length && logs.length === plan.logs.length) return { plan, left: 0 };
  const reduced = await recount(engine, { ...plan, jobs, logs }, signal);
  return { plan: reduced, left: rowsOf(plan.tables) - rowsOf(reduced.tables) };
}

function isDeleted({ archive }: { readonly archive: boolean }): boolean {
  return !archive;
}
