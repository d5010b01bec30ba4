/** Changes of the database in the history (`housekeeping_run`) of the one that is used from then on. */
import { type Engine, utc } from '../../engines/index.ts';
import { fencedTransaction } from '../../leases/index.ts';
import type { Database } from '../../schema/index.ts';
import { thisHost } from '../../system/index.ts';

const DUTY = 'switch';
/** How long others are waited for: the change itself is done. */
const PATIENCE_MS = 10_000;

export interface EndedSwitch {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly from: string;
  readonly rows: number;
}

export async function recordSwitch(
  engine: Engine,
  { startedAt, endedAt, from, rows }: EndedSwitch,
): Promise<void> {
  await fencedTransaction<Database, unknown>(engine, { patienceMs: PATIENCE_MS }, (db) =>
    db
      .insertInto('housekeeping_run')
      .values({
        ...{ duty: DUTY, what: 'database', outcome: 'done' as const },
        ...{ started_at: utc(startedAt), finished_at: utc(endedAt), host: thisHost(), pid: process.pid },
        // Nothing was deleted.
        expected_rows: 0n,
        note: `${rows} rows from ${from}`,
      })
      .execute(),
  );
}
