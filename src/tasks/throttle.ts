/**
 * Runs work that gives way: to replicas which cannot follow, to sessions that wait for a lock of ours, and to readers for whom
 * the server keeps what is deleted. It tells whom it waits for.
 */
import type { ReplicaAddress } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import { step } from '../next-step.ts';
import {
  LockWaiterWatch,
  type Pressure,
  type PressureSource,
  replicaLag,
  Throttle,
  UNDO_LIMITS,
  undoPressure,
} from '../pacing/index.ts';
import type { TaskContext, TaskNotice } from './context.ts';

/** How far replicas may be behind. */
export interface LagLimit {
  readonly maxLagMs: number;
  /** Those that are asked themselves (MySQL, MariaDB). */
  readonly replicas: readonly ReplicaAddress[];
}

/** What presses, and the end of watching it. */
interface Watched {
  readonly source: PressureSource;
  end(): Promise<void>;
}

/**
 * @param limit undefined where replicas are not watched; whatever could keep it from being held is told before the work begins
 * @param timeBudgetMs of the work: half of it is waited for readers at most, so that the other half is left for the work
 */
export async function withThrottle<T>(
  context: TaskContext,
  limit: LagLimit | undefined,
  work: (throttle: Throttle) => Promise<T>,
  timeBudgetMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  const watched: Watched[] = [];
  try {
    for (const watch of [
      limit && watchLag(context, limit),
      watchUndo(context, timeBudgetMs),
      watchWaiters(context),
    ]) {
      const one = await watch;
      if (one) watched.push(one);
    }
    return await work(
      new Throttle(
        watched.map(({ source }) => source),
        (pressure) => context.onNotice?.(noticeOf(pressure, limit)),
      ),
    );
  } finally {
    for (const { end } of watched) await end();
  }
}

async function watchLag(
  { engine, onNotice }: TaskContext,
  { maxLagMs, replicas }: LagLimit,
): Promise<Watched> {
  const watch = await engine
    .watchReplicas({ replicas, onWarning: (text) => onNotice?.({ kind: 'replica-warning', text }) })
    .catch((error: unknown) => {
      // What keeps replicas from being watched is known before anything begins.
      throw isMultiFlexiError(error) ? error.withNext(step`${error.nextStep} Nothing was deleted.`) : error;
    });
  onNotice?.({ kind: 'watches-replicas', what: watch.what, maxLagMs });
  return { source: replicaLag(watch, maxLagMs), end: () => watch.close() };
}

/** A look that fails now, as for a lost connection, may succeed later: the work itself says what is the matter. */
async function watchUndo(
  { engine, onNotice }: TaskContext,
  timeBudgetMs: number,
): Promise<Watched | undefined> {
  const first = await engine.undoBacklog().catch(() => undefined);
  if (first === null) return undefined;
  if (first?.visible === false) {
    onNotice?.({ kind: 'unseen', what: 'undo-backlog', why: first.why, remedy: first.remedy });
    return undefined;
  }
  const limits = { ...UNDO_LIMITS, waitMs: Math.min(UNDO_LIMITS.waitMs, timeBudgetMs / 2) };
  const source = undoPressure(
    () => engine.undoBacklog(),
    limits,
    (waitedMs) => onNotice?.({ kind: 'undo-backlog-stays', waitedMs }),
  );
  return { source, end: async () => {} };
}

async function watchWaiters({ engine, onNotice }: TaskContext): Promise<Watched | undefined> {
  const first = await engine.waiters().catch(() => undefined);
  if (first === null) return undefined;
  if (first?.visible === false) {
    onNotice?.({ kind: 'unseen', what: 'lock-waiters', why: first.why, remedy: first.remedy });
    return undefined;
  }
  const source = new LockWaiterWatch(
    async () => {
      const sight = await engine.waiters();
      return sight?.visible ? sight.seen : undefined;
    },
    ({ whose, sessions }) => onNotice?.({ kind: 'smaller-chunks', whose: whose ?? 'a session', sessions }),
  );
  source.begin();
  return { source, end: () => source.end() };
}

function noticeOf(
  { reason, whose, seconds, why, count = 0 }: Pressure,
  limit: LagLimit | undefined,
): TaskNotice {
  switch (reason) {
    case 'replica':
      return { kind: 'waits-for-replica', whose, seconds, why, maxLagMs: limit?.maxLagMs ?? 0 };
    case 'lock-waiters':
      return { kind: 'waits-for-lock-waiters', whose, sessions: count };
    case 'undo-backlog':
      return { kind: 'waits-for-undo-backlog', transactions: count, whose, seconds, why };
    case 'paused':
      return { kind: 'paused', by: whose };
  }
}
