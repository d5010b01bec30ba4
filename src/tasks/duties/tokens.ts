/** Deletes tokens with which nobody can log in any more. */
import { mayDelete, planPurge, policyBook, type RuleBook, sameForAll } from '../../cleanup/index.ts';
import { utc } from '../../engines/index.ts';
import { DAY_MS } from '../../schema/index.ts';
import { kindOfRun } from '../history/run-history.ts';
import { plannedPurge } from '../plan-purge.ts';
import type { Duty, DutyContext, DutyPlan } from './duty.ts';
import { NO_SHARE, nothingToDo, purging } from './purging.ts';

export const tokens: Duty = {
  name: 'tokens',
  summary:
    'deletes tokens that ended more than a day ago, unless a retention policy says how long they are kept',
  deletes: true,
  settings: [],
  plan: planTokens,
};

async function planTokens(context: DutyContext): Promise<DutyPlan> {
  const { engine, now, signal } = context;
  const { tokensBefore } = await policyBook(engine, now);
  if (tokensBefore !== null)
    return nothingToDo('A retention policy says how long tokens are kept: the retention duty deletes them.');
  // Whoever asks why he was logged out finds it for a day.
  const book: RuleBook = { ...sameForAll(null, undefined, undefined), tokensBefore: utc(now - DAY_MS) };
  if (!(await mayDelete(engine, book, signal))) return nothingToDo();
  const plan = await planPurge(engine, book, signal);
  return purging(context, await plannedPurge(context, plan, kindOfRun('tokens', ['1 day']), NO_SHARE));
}
