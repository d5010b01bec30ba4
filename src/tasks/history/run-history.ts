/** The history of runs (`housekeeping_run`): written when one begins and when it ends, read to foretell the next ones. */

import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { type Engine, nowUtc } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { type Fence, fencedTransaction } from '../../leases/index.ts';
import type { Database } from '../../schema/index.ts';
import { thisHost } from '../../system/index.ts';
import type { PastRun, RunOutcome } from './forecast.ts';
import { atMilliseconds } from './instants.ts';
import { isProcessGone, type RunProcess } from './process-gone.ts';

/** Runs are compared with those of the same kind alone. */
export interface RunKind {
  /** What ran: prune, retention. */
  readonly duty: string;
  /** Digest of its rules. */
  readonly what: string;
}

/** How many runs back the pace is looked for: the one of today, not of last year. */
const LOOK_BACK = 10;

/** @param rules plain data, as they were said: an age, not the instant that it means at the moment */
export function kindOfRun(duty: string, rules: unknown): RunKind {
  const text = JSON.stringify(rules, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return { duty, what: hash('sha256', text, 'hex').slice(0, 16) };
}

/** How long the history may be waited for, as on SQLite for another writer; both without bounds that are ours. */
export interface HistoryWait {
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds; five minutes unless said. */
  readonly patienceMs?: number | undefined;
  /** Held by each transaction that writes. */
  readonly fence?: Fence | undefined;
}

export interface BegunRun extends HistoryWait {
  /** It is part of a duty's run, which has a row of its own: this one is for forecasts alone, and is not listed. */
  readonly partOfDuty?: boolean | undefined;
}

/**
 * Closes runs of the duty whose process is gone, as interrupted.
 * @returns the key of the run, which says `running` until it is ended @throws the signal's reason, LOCK_TIMEOUT
 */
export async function beginRun(
  engine: Engine,
  kind: RunKind,
  expected: number,
  wait: BegunRun = {},
): Promise<bigint> {
  const db = engine.kysely<Database>();
  await closeGoneRuns(engine, kind.duty, wait.fence);
  // By these the row is found again: not every engine returns its key.
  const mine = { ...kind, started_at: nowUtc(), host: thisHost(), pid: process.pid };
  const row = { ...mine, expected_rows: BigInt(expected), runs: wait.partOfDuty ? 0 : 1 };
  await inSpiteOfOthers(engine, wait, (session) =>
    session.insertInto('housekeeping_run').values(row).execute(),
  );
  const { id } = await db
    .selectFrom('housekeeping_run')
    .select('id')
    .where('duty', '=', mine.duty)
    .where('what', '=', mine.what)
    .where('started_at', '=', mine.started_at)
    .where('host', '=', mine.host)
    .where('pid', '=', mine.pid)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return id;
}

export async function endRun(
  engine: Engine,
  id: bigint,
  outcome: Exclude<RunOutcome, 'running'>,
  deleted: number,
  wait: HistoryWait = {},
): Promise<void> {
  await inSpiteOfOthers(engine, wait, (session) =>
    session
      .updateTable('housekeeping_run')
      .set({ outcome, deleted_rows: BigInt(deleted), finished_at: nowUtc() })
      .where('id', '=', id)
      .execute(),
  );
}

/** Killed runs could not say how they ended. When that was is not known, nor how many rows they had deleted. */
async function closeGoneRuns(engine: Engine, duty: string, fence: Fence | undefined): Promise<void> {
  const db = engine.kysely<Database>();
  const running = await db
    .selectFrom('housekeeping_run')
    .select(['id', 'host', 'pid', 'started_at'])
    .where('duty', '=', duty)
    .where('outcome', '=', 'running')
    .execute();
  for (const row of running.filter((one) => isProcessGone(processOf(one)))) {
    const close = (session: Kysely<Database>) =>
      session
        .updateTable('housekeeping_run')
        .set({ outcome: 'interrupted' })
        .where('id', '=', row.id)
        .where('outcome', '=', 'running')
        .execute();
    await inSpiteOfOthers(engine, { patienceMs: 0, fence }, close).catch((error: unknown) => {
      // No run waits for that: whoever reads the history takes it for interrupted anyway, and the next run tries again.
      if (!isMultiFlexiError(error, 'LOCK_TIMEOUT') && !isMultiFlexiError(error, 'DEADLOCK')) throw error;
    });
  }
}

/** One that never got to work is no run: another one was at it. */
export async function forgetRun(engine: Engine, id: bigint, wait: HistoryWait = {}): Promise<void> {
  await inSpiteOfOthers(engine, wait, (session) =>
    session.deleteFrom('housekeeping_run').where('id', '=', id).execute(),
  );
}

/** The last runs of the kind, oldest first. */
export async function pastRuns(engine: Engine, { duty, what }: RunKind): Promise<PastRun[]> {
  const rows = await engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select(['started_at', 'finished_at', 'outcome', 'expected_rows', 'deleted_rows', 'host', 'pid'])
    .where('duty', '=', duty)
    .where('what', '=', what)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(LOOK_BACK)
    .execute();
  return rows.reverse().map((row) => ({
    startedAt: atMilliseconds(row.started_at),
    finishedAt: row.finished_at === null ? null : atMilliseconds(row.finished_at),
    outcome: row.outcome === 'running' && isProcessGone(processOf(row)) ? 'interrupted' : row.outcome,
    expected: Number(row.expected_rows),
    deleted: Number(row.deleted_rows),
  }));
}

/** On SQLite any writer can be in the way for a moment. A transaction waits for it without keeping signals unheard. */
function inSpiteOfOthers(
  engine: Engine,
  wait: HistoryWait,
  write: (db: Kysely<Database>) => Promise<unknown>,
): Promise<unknown> {
  return fencedTransaction<Database, unknown>(engine, wait, write);
}

function processOf(row: {
  readonly host: string;
  readonly pid: number;
  readonly started_at: string;
}): RunProcess {
  return { host: row.host, pid: row.pid, startedAt: atMilliseconds(row.started_at) };
}
