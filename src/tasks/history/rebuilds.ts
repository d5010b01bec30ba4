/** Rebuilds in the history (`housekeeping_run`): from them follow the pace of the next one, and whether it is worth it. */
import { hash } from 'node:crypto';
import { type Engine, nowUtc } from '../../engines/index.ts';
import { fencedTransaction } from '../../leases/index.ts';
import type { LastRebuild } from '../../maintenance/index.ts';
import type { Database } from '../../schema/index.ts';
import type { RunOutcome } from './forecast.ts';
import { beginRun, type HistoryWait } from './run-history.ts';

const DUTY = 'optimize';
/** In place of a table, for a database that is rebuilt as a whole. */
const WHOLE = '(database)';
/** Characters that there is room for. */
const LONGEST_NAME = 32;
/** Rebuilds that are looked at, the newest first. */
const LOOK_BACK = 500;

/** @returns the key of the run, which says `running` until it is ended @throws LOCK_TIMEOUT, the signal's reason */
export function beginRebuild(engine: Engine, table: string | null, wait: HistoryWait): Promise<bigint> {
  return beginRun(engine, { duty: DUTY, what: whatOf(table) }, 0, wait);
}

/** @param rebuild undefined where it has failed or was interrupted */
export async function endRebuild(
  engine: Engine,
  id: bigint,
  outcome: Exclude<RunOutcome, 'running'>,
  rebuild: Omit<LastRebuild, 'at'> | undefined,
  wait: HistoryWait,
): Promise<void> {
  await fencedTransaction<Database, unknown>(engine, wait, (db) =>
    db
      .updateTable('housekeeping_run')
      .set({
        outcome,
        finished_at: nowUtc(),
        bytes: rebuild === undefined ? null : BigInt(Math.max(0, rebuild.before - rebuild.after)),
        note: rebuild === undefined ? null : noteOf(rebuild),
      })
      .where('id', '=', id)
      .execute(),
  );
}

/** The last rebuild of each of these. Read through the index of duties. */
export async function lastRebuilds(
  engine: Engine,
  tables: readonly (string | null)[],
): Promise<ReadonlyMap<string | null, LastRebuild>> {
  const rows = await engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select(['what', 'finished_at', 'note'])
    .where('duty', '=', DUTY)
    .where('outcome', '=', 'done')
    .orderBy('id', 'desc')
    .limit(LOOK_BACK)
    .execute();
  const last = new Map<string, LastRebuild>();
  for (const { what, finished_at, note } of rows) {
    const rebuild = rebuildIn(note ?? '');
    if (finished_at !== null && rebuild && !last.has(what)) last.set(what, { at: finished_at, ...rebuild });
  }
  return new Map(
    tables.flatMap((table) => {
      const found = last.get(whatOf(table));
      return found ? [[table, found] as const] : [];
    }),
  );
}

function whatOf(table: string | null): string {
  if (table === null) return WHOLE;
  return [...table].length <= LONGEST_NAME ? table : hash('sha256', table, 'hex').slice(0, LONGEST_NAME);
}

/** For people, and read again by {@link rebuildIn}. */
function noteOf({ before, after, floor, milliseconds }: Omit<LastRebuild, 'at'>): string {
  return `${before} bytes before, ${after} after, ${floor ?? 'unknown'} still free, ${milliseconds} ms`;
}

function rebuildIn(note: string): Omit<LastRebuild, 'at'> | undefined {
  const [, before, after, floor, milliseconds] =
    /^(\d+) bytes before, (\d+) after, (\d+|unknown) still free, (\d+) ms$/.exec(note) ?? [];
  if (before === undefined) return undefined;
  return {
    before: Number(before),
    after: Number(after),
    floor: floor === 'unknown' ? null : Number(floor),
    milliseconds: Number(milliseconds),
  };
}
