/** Keeps the history of housekeeping itself from growing for ever. */
import { mayDelete, planPurge, policyBook, type RuleBook, sameForAll } from '../../cleanup/index.ts';
import { utc } from '../../engines/index.ts';
import { DAY_MS } from '../../schema/index.ts';
import { kindOfRun } from '../history/run-history.ts';
import { plannedPurge } from '../plan-purge.ts';
import type { Duty, DutyContext, DutyPlan } from './duty.ts';
import { NO_SHARE, nothingToDo, purging } from './purging.ts';

/** Where no policy says otherwise: a year, and what it takes to compare with the same month of the year before. */
const KEPT_DAYS = 400;

export const history: Duty = {
  name: 'history',
  summary: `deletes runs of housekeeping that are older than the policy for them, or than ${KEPT_DAYS} days`,
  deletes: true,
  settings: [],
  plan: planHistory,
};

async function planHistory(context: DutyContext): Promise<DutyPlan> {
  const { engine, now, signal } = context;
  const policy = (await policyBook(engine, now)).historyBefore;
  const historyBefore = policy ?? utc(now - KEPT_DAYS * DAY_MS);
  const book: RuleBook = { ...sameForAll(null, undefined, undefined), historyBefore };
  if (!(await mayDelete(engine, book, signal))) return nothingToDo();
  const plan = await planPurge(engine, book, signal);
  const kind = kindOfRun('history', [policy === null ? KEPT_DAYS : 'policy']);
  return purging(context, await plannedPurge(context, plan, kind, NO_SHARE));
}
