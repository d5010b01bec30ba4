/** No active run template waits for a time that is long past. */
import { utc } from '../../engines/index.ts';
import { overdueTemplates, scheduleAnew, type WalkPlace } from '../../maintenance/index.ts';
import { portions } from '../../pacing/index.ts';
import { counted } from '../../written-numbers.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult, DutyStep } from './duty.ts';
import { parsePlace, placeJson } from './positions.ts';
import { WorkTime } from './work-time.ts';

/** How long ago a run template was to be scheduled that nobody schedules any more, in milliseconds. */
const LONG_PAST_MS = 2 * 3_600_000;
const PAGE = 500;
/** Run templates that a run looks at. */
const MOST = 5_000;
/** Run templates whose rows a transaction locks. */
const AT_ONCE = 50;

export const schedules: Duty = {
  name: 'schedules',
  summary:
    'clears the next run time of active run templates if it is more than 2 hours past and no job is waiting or running, so that the scheduler computes it again',
  deletes: false,
  settings: [],
  plan,
};

async function plan(context: DutyContext): Promise<DutyPlan> {
  const { engine, signal, position } = context;
  const before = utc(context.now - LONG_PAST_MS);
  const begun = parsePlace(position, engine);
  const ids: bigint[] = [];
  let leftAlone = 0;
  let last: WalkPlace | undefined = begun;
  for (let looked = 0; looked < MOST; looked += PAGE) {
    signal?.throwIfAborted();
    const page = await overdueTemplates(engine, before, { after: last, limit: PAGE });
    ids.push(...page.forgotten);
    leftAlone += page.leftAlone;
    last = page.last;
    if (last === undefined) break;
  }
  const note =
    leftAlone === 0
      ? undefined
      : `${counted(leftAlone, 'overdue run template')} ${leftAlone === 1 ? 'was' : 'were'} left alone: they have a waiting or running job, never run by themselves, or belong to a disabled company.`;
  const next = placeJson(last);
  const run = async (): Promise<DutyResult> => {
    const time = new WorkTime(context);
    let done = 0;
    let looked = 0;
    for (const chunk of portions(
      ids.toSorted((one, other) => (one < other ? -1 : 1)),
      () => 1,
      AT_ONCE,
    )) {
      const some = await time.attempt(() => scheduleAnew(engine, time.fenced, { ids: chunk, before }));
      if (some === undefined) break;
      done += some;
      looked += chunk.length;
    }
    const stopped = looked < ids.length ? time.over() : null;
    return {
      steps: stepsOf(done),
      bytes: null,
      backlog: ids.length - looked,
      position: stopped === null ? next : placeJson(begun),
      stopped,
      note,
    };
  };
  return { steps: stepsOf(ids.length), position: next, note, run };
}

function stepsOf(count: number): readonly DutyStep[] {
  return count === 0
    ? []
    : [{ action: 'correct', what: 'run template', count, detail: 'its next run time, which is long past' }];
}
