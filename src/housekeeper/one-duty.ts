/** One duty's turn: its plan, and its run where there is anything to do. Whatever happens in it stays in it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMultiFlexiError, MultiFlexiError } from '../errors.ts';
import { oneLine } from '../one-line.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult, DutyStep, EndOfDuty } from '../tasks/index.ts';
import { dutyFailed, dutyHangs } from './failures.ts';

/** How long a duty may take beyond its share before it is abandoned, in milliseconds. */
export const GRACE_MS = 60_000;

export interface Turn {
  readonly outcome: EndOfDuty;
  /** Whether there was anything to do. */
  readonly worked: boolean;
  readonly steps: readonly DutyStep[];
  readonly bytes: number | null;
  readonly backlog: number | null;
  readonly position: unknown;
  readonly gone: DutyPlan['gone'];
  readonly note: string | null;
  readonly error: MultiFlexiError | null;
}

export interface TurnOptions {
  readonly dryRun: boolean;
  readonly graceMs: number;
  /** Told before it begins to work, how many rows its plan has. */
  readonly onWork: (rows: number) => Promise<void>;
}

/** @throws LEASE_LOST alone: then somebody else is at work */
export async function takeTurn(duty: Duty, context: DutyContext, options: TurnOptions): Promise<Turn> {
  return inOneLine(await takeAnyTurn(duty, context, options));
}

/** What it tells has names in it that anybody may have chosen, of files as of tables: it is a line wherever it is written. */
function inOneLine(turn: Turn): Turn {
  const { steps, note } = turn;
  return {
    ...turn,
    steps: steps.map((one) => ({ ...one, detail: one.detail === null ? null : oneLine(one.detail) })),
    note: note === null ? null : oneLine(note),
  };
}

async function takeAnyTurn(duty: Duty, context: DutyContext, options: TurnOptions): Promise<Turn> {
  const abandoned = new AbortController();
  const limited = withEnd(context, abandoned.signal);
  const work = workOf(duty, limited, options);
  // Nobody may be left to hear of its failure.
  work.catch(() => {});
  const waited = context.timeBudgetMs + options.graceMs;
  const done = new AbortController();
  try {
    const overdue = sleep(waited, undefined, { signal: done.signal, ref: false }).then(() => {
      throw dutyHangs(duty.name, waited);
    });
    overdue.catch(() => {});
    return await Promise.race([work, overdue, leaseLost(context)]);
  } catch (error) {
    if (isMultiFlexiError(error, 'LEASE_LOST')) throw error;
    return { ...nothingDone(context), ...endOf(error, duty.name, context) };
  } finally {
    abandoned.abort(dutyHangs(duty.name, waited));
    done.abort();
  }
}

/** A duty that waits for its server hears of nothing: the lease is not waited for with it. */
function leaseLost({ fence }: DutyContext): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  if (fence?.signal.aborted) reject(fence.signal.reason);
  fence?.signal.addEventListener('abort', () => reject(fence.signal.reason), { once: true });
  return promise;
}

/** Whatever it still does when it is abandoned, it writes no more: the fence is closed. */
function withEnd(context: DutyContext, abandoned: AbortSignal): DutyContext {
  const { fence, signal } = context;
  const ended = [signal, abandoned].filter((one) => one !== undefined);
  return {
    ...context,
    signal: AbortSignal.any(ended),
    fence: {
      signal: AbortSignal.any([abandoned, ...(fence ? [fence.signal] : [])]),
      hold: async (db) => {
        abandoned.throwIfAborted();
        await fence?.hold(db);
      },
    },
  };
}

async function workOf(duty: Duty, context: DutyContext, { dryRun, onWork }: TurnOptions): Promise<Turn> {
  const plan = await duty.plan(context);
  const done: DutyResult =
    dryRun || plan.steps.length === 0 ? unchanged(plan, context) : await carryOut(plan, onWork);
  return {
    outcome: done.stopped ?? 'done',
    worked: plan.steps.length > 0,
    steps: done.steps,
    bytes: done.bytes,
    backlog: done.backlog,
    position: done.position,
    gone: plan.gone,
    note: done.note ?? plan.note ?? null,
    error: null,
  };
}

async function carryOut(plan: DutyPlan, onWork: TurnOptions['onWork']): Promise<DutyResult> {
  await onWork(rowsOf(plan.steps));
  return plan.run();
}

function unchanged(plan: DutyPlan, context: DutyContext): DutyResult {
  const { steps } = plan;
  return {
    steps,
    bytes: null,
    backlog: steps.length === 0 ? 0 : null,
    // One that is there and undefined is the beginning: the walk has come to its end.
    position: 'position' in plan ? plan.position : context.position,
    stopped: null,
  };
}

function nothingDone({ position }: DutyContext): Omit<Turn, 'outcome' | 'error'> {
  return { worked: true, steps: [], bytes: null, backlog: null, position, gone: undefined, note: null };
}

function endOf(error: unknown, duty: string, { signal }: DutyContext): Pick<Turn, 'outcome' | 'error'> {
  const isInterruption =
    signal?.aborted === true && (error === signal.reason || isMultiFlexiError(error, 'INTERRUPTED'));
  if (isInterruption) return { outcome: 'interrupted', error: null };
  return { outcome: 'failed', error: error instanceof MultiFlexiError ? error : dutyFailed(duty, error) };
}

export function rowsOf(steps: readonly DutyStep[]): number {
  return steps.reduce((sum, { count }) => sum + count, 0);
}
