/** Old runs leave the history. They are few, nobody waits for them, and nothing refers to them: one walk, no pace. */
import { type Engine, patiently } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';
import type { Key } from './boundary.ts';

const CHUNK = 500;

export interface HistoryDeletion {
  readonly signal?: AbortSignal | undefined;
  /** After each chunk, with the number of rows of it. */
  readonly onDeleted?: ((rows: number) => void) | undefined;
}

/** Runs that began before the instant. @returns how many were deleted; those that are left when the signal aborts stay */
export async function deleteHistory(
  engine: Engine,
  before: string,
  { signal, onDeleted }: HistoryDeletion = {},
): Promise<number> {
  const db = engine.kysely<Database>();
  let deleted = 0;
  let after: Key | undefined;
  while (!signal?.aborted) {
    const runs = await oldestRuns(engine, before, after);
    after = runs.at(-1);
    if (!after) break;
    const ids = runs.map(({ id }) => id);
    const query = db
      .deleteFrom('housekeeping_run')
      .where(engine.among('id', ids))
      .where('started_at', '<', before);
    const result = await patiently(() => query.executeTakeFirst(), {
      signals: [signal],
      onWait: () => {},
    }).catch((error: unknown) => {
      // Stopped while it waited for somebody: the chunk stays, and what was deleted until then is the result.
      if (signal?.aborted && error === signal.reason) return { numDeletedRows: 0n };
      throw error;
    });
    const { numDeletedRows } = result;
    deleted += Number(numDeletedRows);
    onDeleted?.(Number(numDeletedRows));
  }
  return deleted;
}

async function oldestRuns(engine: Engine, before: string, after: Key | undefined): Promise<Key[]> {
  let query = engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select(['id', 'started_at as at'])
    .where('started_at', '<', before);
  if (after) {
    const { at, id } = after;
    query = query
      .where('started_at', '>=', at)
      .where((where) => where.or([where('started_at', '>', at), where('id', '>', id)]));
  }
  return query.orderBy('started_at').orderBy('id').limit(CHUNK).execute();
}
