/** The history of runs (`housekeeping_run`): written when one begins and when it ends, read to foretell the next ones. */
import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import { type Engine, nowUtc, patiently } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';
import type { PastRun, RunOutcome } from './forecast.ts';

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

/** @returns the key of the run, which says `running` until it is ended */
export async function beginRun(engine: Engine, kind: RunKind, expected: number): Promise<bigint> {
  const db = engine.kysely<Database>();
  // By these the row is found again: not every engine returns its key.
  const mine = { ...kind, started_at: nowUtc(), host: hostname().slice(0, 255), pid: process.pid };
  const row = db.insertInto('housekeeping_run').values({ ...mine, expected_rows: BigInt(expected) });
  await inSpiteOfOthers(() => row.execute());
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
): Promise<void> {
  const query = engine
    .kysely<Database>()
    .updateTable('housekeeping_run')
    .set({ outcome, deleted_rows: BigInt(deleted), finished_at: nowUtc() })
    .where('id', '=', id);
  await inSpiteOfOthers(() => query.execute());
}

/** One that never got to work is no run: another one was at it. */
export async function forgetRun(engine: Engine, id: bigint): Promise<void> {
  await engine.kysely<Database>().deleteFrom('housekeeping_run').where('id', '=', id).execute();
}

/** The last runs of the kind, oldest first. */
export async function pastRuns(engine: Engine, { duty, what }: RunKind): Promise<PastRun[]> {
  const rows = await engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select(['started_at', 'finished_at', 'outcome', 'expected_rows', 'deleted_rows'])
    .where('duty', '=', duty)
    .where('what', '=', what)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(LOOK_BACK)
    .execute();
  return rows.reverse().map((row) => ({
    startedAt: milliseconds(row.started_at),
    finishedAt: row.finished_at === null ? null : milliseconds(row.finished_at),
    outcome: row.outcome,
    expected: Number(row.expected_rows),
    deleted: Number(row.deleted_rows),
  }));
}

/** On SQLite any writer can be in the way for a moment. */
function inSpiteOfOthers(write: () => Promise<unknown>): Promise<unknown> {
  return patiently(write, { signals: [], onWait: () => {} });
}

function milliseconds(instant: string): number {
  return Date.parse(`${instant.slice(0, 23).replace(' ', 'T')}Z`);
}
