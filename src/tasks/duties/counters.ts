/** The counters of run templates agree with the jobs that are in the database. */
import { countTemplates, MOST_LEFT, writeCounts } from '../../maintenance/index.ts';
import { portions } from '../../pacing/index.ts';
import { parseRowId } from '../../schema/index.ts';
import { counted, rows } from '../../written-numbers.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult, DutyStep } from './duty.ts';
import { WorkTime } from './work-time.ts';

/** Run templates whose rows a transaction locks. */
const AT_ONCE = 200;

/** A round over all run templates may take many hours; where a run stopped in it is its position, an id. */
export const counters: Duty = {
  name: 'counters',
  summary: 'counts the jobs of run templates that ended ok or failed, and corrects the counters that differ',
  deletes: false,
  settings: [],
  plan,
};

async function plan(context: DutyContext): Promise<DutyPlan> {
  const { engine, position, now } = context;
  const after = typeof position === 'string' ? parseRowId(position) : undefined;
  const found = await countTemplates(engine, { after, now });
  const note =
    found.left === 0
      ? undefined
      : `${found.left < MOST_LEFT ? counted(found.left, 'run template') : `${rows(MOST_LEFT)} run templates or more`} ${found.left === 1 ? 'is' : 'are'} left to be counted in this round.`;
  const next = found.after?.toString();
  const run = async (): Promise<DutyResult> => {
    const time = new WorkTime(context);
    let written = 0;
    for (const chunk of portions(found.differing, () => 1, AT_ONCE)) {
      const some = await time.attempt(() => writeCounts(engine, time.fenced, chunk));
      if (some === undefined)
        // What was not written differs the next time as well.
        return { ...ofAll(written), position: after?.toString(), stopped: time.over(), note: undefined };
      written += some;
    }
    return { ...ofAll(written), position: next, stopped: null, note };
  };
  return { steps: stepsOf(found.differing.length), position: next, note, run };
}

function ofAll(written: number): Pick<DutyResult, 'steps' | 'bytes' | 'backlog'> {
  return { steps: stepsOf(written), bytes: null, backlog: null };
}

function stepsOf(count: number): readonly DutyStep[] {
  return count === 0
    ? []
    : [{ action: 'correct', what: 'run template', count, detail: 'its counters of jobs' }];
}
