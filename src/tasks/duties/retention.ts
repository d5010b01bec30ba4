/** Carries the retention policies out that are in force. */
import { DEFAULT_GUARD, mayDelete, policyBook } from '../../cleanup/index.ts';
import { counted } from '../../written-numbers.ts';
import type { PurgeGuard } from '../plan-purge.ts';
import { planRetention } from '../retention-run.ts';
import type { Duty, DutyContext, DutyPlan } from './duty.ts';
import { nothingToDo, purging } from './purging.ts';

/** Nobody watches: companies above the share are left out and named, as are rows that others depend on. */
const GUARD: PurgeGuard = { percent: DEFAULT_GUARD, skipOversized: true, archiveAll: false };

export const retention: Duty = {
  name: 'retention',
  summary: 'deletes what the retention policies no longer keep, archived first where they say so',
  deletes: true,
  settings: ['ARCHIVE_DIR'],
  plan: planPolicies,
};

async function planPolicies(context: DutyContext): Promise<DutyPlan> {
  const { engine, now, signal, archive, gone } = context;
  if (!(await mayDelete(engine, await policyBook(engine, now), signal))) return nothingToDo();
  const planned = await planRetention(context, GUARD, {
    now,
    withoutArchived: archive === null,
    gone,
  });
  return purging(context, planned, [notArchivedNote(planned.notArchived)]);
}

function notArchivedNote(rows: number): string | undefined {
  if (rows === 0) return undefined;
  return `${counted(rows, 'row')} of policies that archive ${rows === 1 ? 'was' : 'were'} left, as no archive directory is specified: set ARCHIVE_DIR.`;
}
