/**
 * A cycle: each duty in its turn, alone on the database by a lease. What one of them does, or fails to do, stops none of
 * the others.
 */
import { isMultiFlexiError } from '../errors.ts';
import { acquireLease } from '../leases/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import { persistently } from '../pacing/index.ts';
import { HOUSEKEEPER_LEASE } from '../schema/index.ts';
import { keepHeapSmall } from '../system/index.ts';
import {
  beginDutyRun,
  CYCLE,
  closeKilledRuns,
  type Duty,
  type DutyContext,
  type DutyState,
  type EmptyRun,
  type EndedCycle,
  endCycle,
  endDutyRun,
  readDutyStates,
  type TaskContext,
} from '../tasks/index.ts';
import type { CycleRequest, CycleResult, DutyOutcome } from './contract.ts';
import { cycleLog } from './cycle-log.ts';
import { GRACE_MS, type Turn, takeTurn } from './one-duty.ts';
import { isBehind, isWithoutWork, outcomeOf, skippedDuty, stateAfter } from './outcome.ts';
import { TimeShares } from './time-shares.ts';
import { openFor, windowText } from './window.ts';

const TIME_TO_LIVE_MS = 90_000;

/** @throws NOT_MIGRATED, LOCKED where another housekeeper is running, LEASE_LOST where another one has taken over */
export async function runCycle(context: TaskContext, request: CycleRequest): Promise<CycleResult> {
  const { engine, program, signal } = context;
  await requireMigrated(engine);
  const lease = await acquireLease(engine, {
    name: HOUSEKEEPER_LEASE,
    program,
    waitMs: 0,
    timeToLiveMs: request.timeToLiveMs ?? TIME_TO_LIVE_MS,
    signal,
  });
  try {
    return await new Cycle({ ...context, fence: lease }, request, false).run();
  } finally {
    await lease.release();
  }
}

/** What {@link runCycle} would do. Reads only. */
export async function planCycle(context: TaskContext, request: CycleRequest): Promise<CycleResult> {
  await requireMigrated(context.engine);
  return new Cycle(context, request, true).run();
}

class Cycle {
  private readonly context: TaskContext;
  private readonly request: CycleRequest;
  private readonly dryRun: boolean;
  private readonly startedAt = Date.now();
  private readonly began = performance.now();
  private readonly outcomes: DutyOutcome[] = [];
  private readonly behind: Duty['name'][] = [];
  private readonly empty: { run: EmptyRun; state: DutyState }[] = [];
  private states: ReadonlyMap<string, DutyState> = new Map();
  /** In a dry run, what the duties so far would have deleted. */
  private readonly gone: NonNullable<DutyContext['gone']>[number][] = [];

  constructor(context: TaskContext, request: CycleRequest, dryRun: boolean) {
    this.context = context;
    this.request = request;
    this.dryRun = dryRun;
  }

  async run(): Promise<CycleResult> {
    keepHeapSmall();
    const usual = this.context.engine.littleMemory();
    try {
      return await this.allDuties();
    } finally {
      usual();
    }
  }

  private async allDuties(): Promise<CycleResult> {
    this.states = await readDutyStates(this.context);
    if (!this.dryRun) await closeKilledRuns(this.context);
    const duties = this.wanted();
    const shares = new TimeShares(this.request.timeBudgetMs, duties.length);
    for (const duty of duties) this.tell(await this.turnOf(duty, shares.next()));
    const result = this.result();
    if (!this.dryRun) await this.record(result);
    return result;
  }

  private wanted(): readonly Duty[] {
    const { duties, only } = this.request;
    return only === undefined ? duties : duties.filter(({ name }) => only.includes(name));
  }

  private tell(outcome: DutyOutcome): void {
    this.outcomes.push(outcome);
    this.request.onDuty?.(outcome);
  }

  private async turnOf(duty: Duty, share: number): Promise<DutyOutcome> {
    const { settings, only } = this.request;
    const open = duty.deletes && settings.window !== null ? openFor(settings.window, new Date()) : undefined;
    if (only === undefined && settings.skipDuties.includes(duty.name))
      return skippedDuty(duty.name, 'settings', 'MULTIFLEXI_HOUSEKEEPER_SKIP_DUTIES names it.');
    if (this.context.signal?.aborted)
      return skippedDuty(duty.name, 'interrupted', 'The cycle was interrupted before its turn.');
    if (open === 0 && settings.window)
      return skippedDuty(duty.name, 'window', `It deletes only between ${windowText(settings.window)}.`);
    if (share === 0)
      return skippedDuty(duty.name, 'time budget', 'The time of the cycle was up before its turn.');
    return this.take(duty, Math.min(share, open ?? share));
  }

  private async take(duty: Duty, timeBudgetMs: number): Promise<DutyOutcome> {
    const before = this.states.get(duty.name);
    const startedAt = Date.now();
    const began = performance.now();
    let run: bigint | undefined;
    const turn = await this.throughLostConnections(timeBudgetMs, () =>
      takeTurn(duty, this.contextOf(before, timeBudgetMs), {
        dryRun: this.dryRun,
        graceMs: this.request.graceMs ?? GRACE_MS,
        onWork: async (rows) => {
          run ??= await beginDutyRun(this.context, duty.name, startedAt, rows);
        },
      }),
    );
    if (this.dryRun) this.gone.push(...(turn.gone ?? []));
    const milliseconds = performance.now() - began;
    const state = stateAfter(duty.name, before, turn, Date.now(), milliseconds);
    if (isBehind(state)) this.behind.push(duty.name);
    if (!this.dryRun) await this.keep(duty, turn, state, startedAt, run);
    return outcomeOf(duty.name, turn, milliseconds);
  }

  /** A server that restarts in the middle of a duty is waited for, and the duty begins anew. */
  private async throughLostConnections(timeBudgetMs: number, attempt: () => Promise<Turn>): Promise<Turn> {
    const { onNotice, signal } = this.context;
    const began = performance.now();
    let turn: Turn | undefined;
    const once = async () => {
      turn = await attempt();
      if (isLost(turn.error)) throw turn.error;
      return turn;
    };
    return persistently(once, {
      signals: signal ? [signal] : [],
      lastDone: () => began,
      goesOn: () => !signal?.aborted && performance.now() - began < timeBudgetMs,
      onLost: ({ message }, restMs) => onNotice?.({ kind: 'connection-lost', message, restMs }),
    }).catch((error: unknown) => {
      if (turn && (error === turn.error || signal?.aborted)) return turn;
      throw error;
    });
  }

  private contextOf(before: DutyState | undefined, timeBudgetMs: number): DutyContext {
    const { settings, archive, lag } = this.request;
    return {
      ...this.context,
      settings,
      now: this.startedAt,
      position: before?.position,
      timeBudgetMs,
      archive,
      lag,
      gone: this.gone,
    };
  }

  /** Duties without work are kept together, at the end. */
  private async keep(
    duty: Duty,
    turn: Turn,
    state: DutyState,
    startedAt: number,
    begun: bigint | undefined,
  ): Promise<void> {
    let run = begun;
    if (isWithoutWork(turn)) {
      const { endedAt, note, emptyRun } = state;
      this.empty.push({
        run: { duty: duty.name, startedAt: this.startedAt, endedAt, note, continues: emptyRun },
        state,
      });
      return;
    }
    const { outcome, bytes, note } = turn;
    const ended = { outcome, rows: state.rows ?? 0, bytes, note, error: state.error };
    await this.persist(async () => {
      run ??= await beginDutyRun(this.context, duty.name, startedAt, 0);
      await endDutyRun(this.context, run, ended, state);
    });
  }

  private result(): CycleResult {
    return {
      dryRun: this.dryRun,
      startedAt: this.startedAt,
      milliseconds: Math.round(performance.now() - this.began),
      duties: this.outcomes,
      failed: this.outcomes.filter(({ outcome }) => outcome === 'failed').map(({ duty }) => duty),
      behind: this.behind,
      interrupted: this.context.signal?.aborted ?? false,
    };
  }

  private async record(result: CycleResult): Promise<void> {
    const { failed, interrupted, milliseconds } = result;
    const before = this.states.get(CYCLE);
    const rows = this.outcomes.reduce((sum, outcome) => sum + outcome.rows, 0);
    const bytes = this.outcomes.reduce((sum, outcome) => sum + (outcome.bytes ?? 0), 0);
    const isUp = this.outcomes.some(
      ({ outcome, skipped }) => outcome === 'time budget' || skipped === 'time budget',
    );
    const outcome =
      failed.length > 0 ? 'failed' : interrupted ? 'interrupted' : isUp ? 'time budget' : 'done';
    const isEmpty =
      outcome === 'done' && this.outcomes.every((one) => one.outcome === 'skipped' || this.isEmpty(one));
    const endedAt = Date.now();
    const error = failed.length > 0 ? `Failed: ${failed.join(', ')}.` : null;
    const end: EndedCycle = {
      startedAt: this.startedAt,
      ended: { outcome, rows, bytes, error, note: null },
      isEmpty,
      state: {
        duty: CYCLE,
        endedAt,
        succeededAt: outcome === 'failed' ? (before?.succeededAt ?? null) : endedAt,
        outcome,
        failures: outcome === 'failed' ? (before?.failures ?? 0) + 1 : 0,
        unfinished: 0,
        rows,
        bytes,
        backlog: null,
        milliseconds,
        error,
        note: null,
        position: undefined,
        emptyRun: isEmpty ? (before?.emptyRun ?? null) : null,
      },
      empty: this.empty,
      log: cycleLog(result),
    };
    await this.persist(() => endCycle(this.context, end));
  }

  /** The lease outlives a restart of the server, and so does what is written under it. */
  private persist(write: () => Promise<void>): Promise<void> {
    const began = performance.now();
    return persistently(write, {
      signals: this.context.fence ? [this.context.fence.signal] : [],
      lastDone: () => began,
      goesOn: () => performance.now() - began < (this.request.timeToLiveMs ?? TIME_TO_LIVE_MS),
    });
  }

  private isEmpty({ duty }: DutyOutcome): boolean {
    return this.empty.some(({ run }) => run.duty === duty);
  }
}

function isLost(error: Turn['error']): boolean {
  return isMultiFlexiError(error, 'CONNECTION_LOST') || isMultiFlexiError(error, 'SERVER_UNREACHABLE');
}
