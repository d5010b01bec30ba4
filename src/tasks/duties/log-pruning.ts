/** Keeps the log at a size that it can be searched at: so many entries of all, and so many of each company. */
import { Boundaries, forAll, mayDelete, planPurge, type RuleBook, sameForAll } from '../../cleanup/index.ts';
import { kindOfRun } from '../history/run-history.ts';
import { plannedPurge } from '../plan-purge.ts';
import type { Duty, DutyContext, DutyPlan } from './duty.ts';
import { NO_SHARE, nothingToDo, purging } from './purging.ts';

export const logPruning: Duty = {
  name: 'log-pruning',
  summary:
    'deletes log entries beyond the newest so many of all, and beyond the newest so many of each company',
  deletes: true,
  settings: ['MULTIFLEXI_HOUSEKEEPER_LOG_KEEP', 'MULTIFLEXI_HOUSEKEEPER_LOG_KEEP_PER_COMPANY'],
  plan: planLogPruning,
};

async function planLogPruning(context: DutyContext): Promise<DutyPlan> {
  const { engine, signal, settings } = context;
  const { logKeep: keep, logKeepPerCompany: keepPerCompany } = settings;
  // An entry that is too many by one of the two is deleted, whatever the other one says.
  const logs = forAll({ keep, keepPerCompany, olderThan: null, atMost: true });
  const book: RuleBook = { ...sameForAll(null, undefined, undefined), logs };
  // Looking for the newest so many takes as long as everything else here: it is done once.
  const boundaries = new Boundaries(engine);
  if (!(await mayDelete(engine, book, signal, boundaries))) return nothingToDo();
  const plan = await planPurge(engine, book, signal, undefined, boundaries);
  const kind = kindOfRun('log-pruning', [keep, keepPerCompany]);
  const planned = await plannedPurge(context, plan, kind, NO_SHARE);
  return { ...purging(context, planned), gone: planned.plan.logs };
}
