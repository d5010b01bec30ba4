/** Jobs that will never end are failed, and jobs that will never begin are canceled, each with a log entry that says why. */
import {
  type StaleJob,
  type StaleReason,
  settleStale,
  staleRunning,
  staleWaiting,
  type WalkPlace,
} from '../../maintenance/index.ts';
import { portions } from '../../pacing/index.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult, DutyStep } from './duty.ts';
import { parsePlace, placeJson } from './positions.ts';
import { WorkTime } from './work-time.ts';

const MINUTE_MS = 60_000;
/** How long a job may run before its process must be there, as its number is written a little later. */
const YOUNG_MS = 5 * MINUTE_MS;
/** How long a job waits in any case. */
const WAITING_MS = 60 * MINUTE_MS;
const PAGE = 1_000;
/** Jobs of a status that a run looks at. */
const MOST = 5_000;
/** Jobs whose rows a transaction locks. */
const AT_ONCE = 50;

const DETAILS: Readonly<Record<StaleReason, string>> = {
  'process gone': 'running, though their process on this computer has ended: set to failed',
  'no sign of life': 'running, but without a sign of life: set to failed',
  'no run template': 'waiting, but their run template is inactive or gone: canceled',
};

export const staleJobs: Duty = {
  name: 'stale-jobs',
  summary:
    'sets running jobs to failed whose process is gone or that have given no sign of life, and cancels waiting jobs whose run template is inactive or gone',
  deletes: false,
  settings: ['MULTIFLEXI_HOUSEKEEPER_STALE_JOB_AGE'],
  plan,
};

async function plan(context: DutyContext): Promise<DutyPlan> {
  const { engine, now, settings } = context;
  const limits = {
    now,
    signBefore: now - settings.staleJobAgeMs,
    begunBefore: now - YOUNG_MS,
    createdBefore: now - WAITING_MS,
  };
  const begun = parsePositions(context);
  const running = await walk(context, begun.running, (page) => staleRunning(engine, limits, page));
  const waiting = await walk(context, begun.waiting, (page) => staleWaiting(engine, limits, page));
  const stale = [...running.stale, ...waiting.stale].sort((one, other) => (one.id < other.id ? -1 : 1));
  const next = positionsOf(running.last, waiting.last);
  const run = async (): Promise<DutyResult> => {
    const time = new WorkTime(context);
    const settled: StaleJob[] = [];
    let tried = 0;
    for (const chunk of portions(stale, () => 1, AT_ONCE)) {
      const some = await time.attempt(() => settleStale(engine, time.fenced, chunk, limits));
      if (some === undefined) break;
      settled.push(...some);
      tried += chunk.length;
    }
    const stopped = tried < stale.length ? time.over() : null;
    return {
      steps: stepsOf(settled),
      bytes: null,
      backlog: stale.length - tried,
      position: stopped === null ? next : positionsOf(begun.running, begun.waiting),
      stopped,
    };
  };
  return { steps: stepsOf(stale), position: next, run };
}

async function walk(
  { signal }: DutyContext,
  begun: WalkPlace | undefined,
  read: (page: { after: WalkPlace | undefined; limit: number }) => ReturnType<typeof staleRunning>,
): Promise<{ readonly stale: readonly StaleJob[]; readonly last: WalkPlace | undefined }> {
  const stale: StaleJob[] = [];
  let last = begun;
  for (let looked = 0; looked < MOST; looked += PAGE) {
    signal?.throwIfAborted();
    const page = await read({ after: last, limit: PAGE });
    stale.push(...page.stale);
    last = page.last;
    if (last === undefined) break;
  }
  return { stale, last };
}

function stepsOf(stale: readonly StaleJob[]): readonly DutyStep[] {
  return (Object.keys(DETAILS) as StaleReason[]).flatMap((reason): DutyStep[] => {
    const count = stale.filter((job) => job.reason === reason).length;
    return count === 0 ? [] : [{ action: 'correct', what: 'job', count, detail: DETAILS[reason] }];
  });
}

interface Positions {
  readonly running: WalkPlace | undefined;
  readonly waiting: WalkPlace | undefined;
}

function parsePositions({ position, engine }: DutyContext): Positions {
  const { running, waiting } = (typeof position === 'object' && position !== null ? position : {}) as {
    readonly running?: unknown;
    readonly waiting?: unknown;
  };
  return { running: parsePlace(running, engine), waiting: parsePlace(waiting, engine) };
}

function positionsOf(running: WalkPlace | undefined, waiting: WalkPlace | undefined): unknown {
  return running || waiting ? { running: placeJson(running), waiting: placeJson(waiting) } : undefined;
}
