/** The history of runs, for people. */
import { requireMigrated } from '../../migrations/index.ts';
import type { Database } from '../../schema/index.ts';
import type { TaskContext } from '../context.ts';
import type { RunOutcome } from './forecast.ts';
import { atMilliseconds, numberOrNull } from './instants.ts';

export interface ListedRun {
  readonly id: bigint;
  readonly duty: string;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  /** Null while it runs, and for one that was killed. */
  readonly finishedAt: number | null;
  readonly outcome: RunOutcome;
  readonly rows: number;
  readonly bytes: number | null;
  readonly error: string | null;
  readonly note: string | null;
  /** How many runs without work the row stands for; 1 for all others. */
  readonly runs: number;
  readonly host: string;
}

/** The newest first. @param duty only its runs; all where undefined @throws NOT_MIGRATED */
export async function listRuns(
  { engine }: Pick<TaskContext, 'engine'>,
  limit: number,
  duty?: string,
): Promise<readonly ListedRun[]> {
  await requireMigrated(engine);
  const query = engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .selectAll()
    // The purge of a duty is none of its own.
    .where('runs', '>', 0)
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  const rows = await (duty === undefined ? query : query.where('duty', '=', duty)).execute();
  return rows.map((row) => ({
    id: row.id,
    duty: row.duty,
    startedAt: atMilliseconds(row.started_at),
    finishedAt: row.finished_at === null ? null : atMilliseconds(row.finished_at),
    outcome: row.outcome,
    rows: Number(row.deleted_rows),
    bytes: numberOrNull(row.bytes),
    error: row.error,
    note: row.note,
    runs: row.runs,
    host: row.host,
  }));
}
