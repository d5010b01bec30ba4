/** Gives free space back, or makes it free to be used again, where that stops nobody. It never deletes a row. */
import { planReclaim, type ReclaimPlan } from '../../maintenance/index.ts';
import { bytes } from '../../written-numbers.ts';
import { carryOutReclaim } from '../reclaim.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult, DutyStep } from './duty.ts';

/**
 * Worth it from both on, in bytes and as a share of all: free pages of less are used again by the next rows, and who gave
 * them back every hour would make the platform extend the file every hour. PostgreSQL's own autovacuum has the same share.
 */
const WORTH_BYTES = 64 * 1024 * 1024;
const WORTH_SHARE = 0.2;
/** How long a purge is waited for, in milliseconds. */
const LOCK_WAIT_MS = 60_000;

export const space: Duty = {
  name: 'space',
  summary:
    'gives free space back to the disk, or makes it usable again, where that stops nobody; it deletes no row',
  deletes: false,
  settings: [],
  plan: planSpace,
};

async function planSpace(context: DutyContext): Promise<DutyPlan> {
  const plan = await planReclaim(context.engine);
  const steps = isWorthIt(plan) ? [step(plan)] : [];
  return { steps, run: () => carryOut(context, plan, steps) };
}

export function isWorthIt({ use, ours }: Pick<ReclaimPlan, 'use' | 'ours'>): boolean {
  return ours.length > 0 && use.gain >= WORTH_BYTES && use.gain >= WORTH_SHARE * (use.diskBytes ?? 0);
}

function step({ use }: ReclaimPlan): DutyStep {
  const about = use.estimated ? 'about ' : '';
  return { action: 'reclaim', what: 'database', count: 1, detail: `${about}${bytes(use.gain)}` };
}

async function carryOut(
  context: DutyContext,
  plan: ReclaimPlan,
  steps: readonly DutyStep[],
): Promise<DutyResult> {
  if (steps.length === 0) return { steps, bytes: null, backlog: null, stopped: null };
  const { timeBudgetMs } = context;
  const waitMs = Math.min(LOCK_WAIT_MS, timeBudgetMs);
  const { before, after, stopped } = await carryOutReclaim(context, plan, { waitMs, timeBudgetMs });
  const returned =
    before.diskBytes === null || after.diskBytes === null ? null : before.diskBytes - after.diskBytes;
  return {
    steps,
    bytes: returned === null ? null : Math.max(0, returned),
    backlog: null,
    stopped: stopped === 'another session' ? null : stopped,
    note:
      stopped === 'another session'
        ? 'Another session kept the rest from being given back; the next run tries again.'
        : after.notes[0],
  };
}
