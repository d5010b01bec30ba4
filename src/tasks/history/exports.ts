/** Exports in the history (`housekeeping_run`): when, where to, how large. */
import { type Engine, utc } from '../../engines/index.ts';
import { fencedTransaction } from '../../leases/index.ts';
import type { Database } from '../../schema/index.ts';
import { thisHost } from '../../system/index.ts';
import type { TaskContext } from '../context.ts';
import { atMilliseconds } from './instants.ts';

const DUTY = 'export';
/** Of all rows of the database, and of some of them. */
const WHOLE = 'whole database';
const PART = 'part';

/** How long others are waited for on SQLite: the export itself is complete. */
const PATIENCE_MS = 10_000;

export interface EndedExport {
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Whether it has all rows of all tables. */
  readonly isWhole: boolean;
  /** Null for the standard output. */
  readonly file: string | null;
  readonly rows: number;
  readonly bytes: number;
}

/** @throws what keeps this account from writing */
export async function recordExport(
  engine: Engine,
  { startedAt, endedAt, isWhole, file, rows, bytes }: EndedExport,
  signal?: AbortSignal,
): Promise<void> {
  await fencedTransaction<Database, unknown>(engine, { signal, patienceMs: PATIENCE_MS }, (db) =>
    db
      .insertInto('housekeeping_run')
      .values({
        ...{ duty: DUTY, what: isWhole ? WHOLE : PART, outcome: 'done' as const },
        ...{ started_at: utc(startedAt), finished_at: utc(endedAt), host: thisHost(), pid: process.pid },
        // Nothing was deleted, and no space was given back.
        expected_rows: 0n,
        note: noteOf({ rows, bytes, file }),
      })
      .execute(),
  );
}

export type RecordedExport = Omit<EndedExport, 'startedAt' | 'isWhole'>;

/** The last export of the whole database; null where none is recorded. */
export async function lastExport({ engine }: Pick<TaskContext, 'engine'>): Promise<RecordedExport | null> {
  const row = await engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select(['finished_at', 'started_at', 'note'])
    .where('duty', '=', DUTY)
    .where('what', '=', WHOLE)
    .where('outcome', '=', 'done')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const [, rows, bytes, file = ''] = /^(\d+) rows, (\d+) bytes to (.*)$/s.exec(row?.note ?? '') ?? [];
  if (!row || rows === undefined) return null;
  return {
    endedAt: atMilliseconds(row.finished_at ?? row.started_at),
    rows: Number(rows),
    bytes: Number(bytes),
    file: file === STDOUT ? null : file,
  };
}

const STDOUT = 'the standard output';

/** For people, and read again by {@link lastExport}. */
function noteOf({ rows, bytes, file }: Pick<EndedExport, 'rows' | 'bytes' | 'file'>): string {
  return `${rows} rows, ${bytes} bytes to ${file ?? STDOUT}`;
}
