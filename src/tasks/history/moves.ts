/** Rows that came from elsewhere, in the history (`housekeeping_run`) of the database that has them from then on. */
import { type Engine, utc } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { fencedTransaction } from '../../leases/index.ts';
import type { Database } from '../../schema/index.ts';
import { thisHost } from '../../system/index.ts';
import type { TaskContext } from '../context.ts';
import { atMilliseconds } from './instants.ts';

/** How long others are waited for: the move itself is done. */
const PATIENCE_MS = 10_000;

export interface EndedMove {
  readonly duty: 'switch' | 'import';
  readonly startedAt: number;
  readonly endedAt: number;
  /** A database or a file, in words. */
  readonly from: string;
  readonly rows: number;
}

/** It is done whatever becomes of its record. */
export async function recordMove(
  engine: Engine,
  { duty, startedAt, endedAt, from, rows }: EndedMove,
  { onNotice }: Pick<TaskContext, 'onNotice'>,
): Promise<void> {
  try {
    await fencedTransaction<Database, unknown>(engine, { patienceMs: PATIENCE_MS }, (db) =>
      db
        .insertInto('housekeeping_run')
        .values({
          ...{ duty, what: 'database', outcome: 'done' as const },
          ...{ started_at: utc(startedAt), finished_at: utc(endedAt), host: thisHost(), pid: process.pid },
          // Nothing was deleted.
          expected_rows: 0n,
          note: `${rows} rows from ${from}`,
        })
        .execute(),
    );
  } catch (error) {
    if (!isMultiFlexiError(error)) throw error;
    onNotice?.({ kind: 'note', text: `the history does not have it: ${error.message.replace(/\.$/, '')}` });
  }
}

export interface LastSwitch {
  /** In milliseconds since the epoch. */
  readonly endedAt: number;
  /** The database that was used before, in words. */
  readonly from: string;
}

/** When this database took another one's place; null where it did not since then. */
export async function lastSwitch(
  { engine }: Pick<TaskContext, 'engine'>,
  { since }: { readonly since: number },
): Promise<LastSwitch | null> {
  const row = await engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select(['finished_at', 'started_at', 'note'])
    .where('duty', '=', 'switch' satisfies EndedMove['duty'])
    .where('started_at', '>', utc(since))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const [, from] = /^\d+ rows from (.*)$/s.exec(row?.note ?? '') ?? [];
  if (!row || from === undefined) return null;
  return { endedAt: atMilliseconds(row.finished_at ?? row.started_at), from };
}
