/**
 * Runs of duties in the history (`housekeeping_run`). One that has work to do is there from its beginning, so that one that
 * was killed can be seen; those without work share one row that counts them, or the history would grow by a row each hour
 * of each duty.
 */
import type { Transaction } from 'kysely';
import { type Engine, utc } from '../../engines/index.ts';
import { fencedTransaction } from '../../leases/index.ts';
import type { Database } from '../../schema/index.ts';
import { thisHost } from '../../system/index.ts';
import type { TaskContext } from '../context.ts';
import { type DutyState, type EndOfDuty, writeDutyStates } from './duty-states.ts';

/** In place of a digest of rules: what a duty does follows from the settings of each time. */
export const BY_HOUSEKEEPER = 'housekeeper';

/** The cycle itself, among its duties. */
export const CYCLE = 'cycle';

export interface EndedRun {
  readonly outcome: EndOfDuty;
  readonly rows: number;
  readonly bytes: number | null;
  readonly error: string | null;
  readonly note: string | null;
}

type Context = Pick<TaskContext, 'engine' | 'fence' | 'signal'>;

/** @param expected rows that it is about @returns the key of the run, which says `running` until it is ended */
export async function beginDutyRun(
  context: Context,
  duty: string,
  startedAt: number,
  expected: number,
): Promise<bigint> {
  const mine = { ...rowOf(duty, startedAt), expected_rows: BigInt(expected) };
  await fencedTransaction<Database, unknown>(context.engine, context, (db) =>
    db.insertInto('housekeeping_run').values(mine).execute(),
  );
  const [id] = await findRuns(context, [duty], startedAt);
  if (id === undefined) throw new Error(`the run of ${duty} that was recorded is not there`);
  return id.id;
}

/**
 * Whoever holds the lease runs alone: a run of the housekeeper that says `running` was killed, or has been overtaken.
 * @returns the duties of these runs
 */
export async function closeKilledRuns(context: Context): Promise<readonly string[]> {
  const killed = await context.engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select(['id', 'duty'])
    .where('outcome', '=', 'running')
    .where('what', '=', BY_HOUSEKEEPER)
    .limit(100)
    .execute();
  if (killed.length === 0) return [];
  const ids = killed.map(({ id }) => id);
  await fencedTransaction<Database, unknown>(context.engine, context, (db) =>
    db
      .updateTable('housekeeping_run')
      .set({ outcome: 'interrupted' })
      .where(context.engine.among('id', ids))
      .execute(),
  );
  return [...new Set(killed.map(({ duty }) => duty))];
}

/** Ends a run, and keeps what it came to, in one transaction. */
export function endDutyRun(context: Context, run: bigint, ended: EndedRun, state: DutyState): Promise<void> {
  return fencedTransaction<Database, void>(context.engine, context, async (db) => {
    await db
      .updateTable('housekeeping_run')
      .set({
        outcome: ended.outcome,
        finished_at: utc(state.endedAt),
        deleted_rows: BigInt(ended.rows),
        bytes: ended.bytes === null ? null : BigInt(Math.round(ended.bytes)),
        error: ended.error,
        note: ended.note,
      })
      .where('id', '=', run)
      .execute();
    await writeDutyStates(db, [state]);
  });
}

/** Records a run from its beginning to its end at once. */
export async function noteRun(
  db: Transaction<Database>,
  duty: string,
  startedAt: number,
  endedAt: number,
  ended: EndedRun,
): Promise<void> {
  await db
    .insertInto('housekeeping_run')
    .values({
      ...rowOf(duty, startedAt),
      finished_at: utc(endedAt),
      outcome: ended.outcome,
      expected_rows: BigInt(ended.rows),
      deleted_rows: BigInt(ended.rows),
      bytes: ended.bytes === null ? null : BigInt(Math.round(ended.bytes)),
      error: ended.error,
      note: ended.note,
    })
    .execute();
}

/** A run that found nothing to do. */
export interface EmptyRun {
  readonly duty: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly note: string | null;
  /** The row that its predecessors share; null where the last run had work, or said something else. */
  readonly continues: bigint | null;
}

/** Counts runs without work. @returns the row of each duty's */
export async function noteEmptyRuns(
  engine: Engine,
  db: Transaction<Database>,
  runs: readonly EmptyRun[],
): Promise<ReadonlyMap<string, bigint>> {
  const rowsOf = new Map<string, bigint>();
  const continued = await countOn(engine, db, runs);
  for (const { duty, continues } of runs)
    if (continues !== null && continued.has(continues)) rowsOf.set(duty, continues);
  const fresh = runs.filter(({ duty }) => !rowsOf.has(duty));
  const [first] = fresh;
  if (!first) return rowsOf;
  await db
    .insertInto('housekeeping_run')
    .values(
      fresh.map(({ duty, endedAt, note }) => ({
        ...rowOf(duty, first.startedAt),
        finished_at: utc(endedAt),
        outcome: 'done' as const,
        expected_rows: 0n,
        note,
      })),
    )
    .execute();
  const duties = fresh.map(({ duty }) => duty);
  for (const { duty, id } of await findRunsIn(db, duties, first.startedAt)) rowsOf.set(duty, id);
  return rowsOf;
}

/** @returns the rows that were there: retention may have deleted some */
async function countOn(
  engine: Engine,
  db: Transaction<Database>,
  runs: readonly EmptyRun[],
): Promise<ReadonlySet<bigint>> {
  const ids = runs.flatMap(({ continues }) => (continues === null ? [] : [continues]));
  if (ids.length === 0) return new Set();
  const endedAt = Math.max(...runs.map((run) => run.endedAt));
  const { numUpdatedRows } = await db
    .updateTable('housekeeping_run')
    .set((eb) => ({ runs: eb('runs', '+', 1), finished_at: utc(endedAt) }))
    .where(engine.among('id', ids))
    .executeTakeFirstOrThrow();
  if (Number(numUpdatedRows) === ids.length) return new Set(ids);
  const there = await db.selectFrom('housekeeping_run').select('id').where(engine.among('id', ids)).execute();
  return new Set(there.map(({ id }) => id));
}

function rowOf(duty: string, startedAt: number) {
  return { duty, what: BY_HOUSEKEEPER, started_at: utc(startedAt), host: thisHost(), pid: process.pid };
}

/** By these a run is found again: not every engine returns its key. */
function findRuns({ engine }: Context, duties: readonly string[], startedAt: number) {
  return findRunsIn(engine.kysely<Database>(), duties, startedAt);
}

function findRunsIn(
  db: Pick<Transaction<Database>, 'selectFrom'>,
  duties: readonly string[],
  startedAt: number,
): Promise<{ id: bigint; duty: string }[]> {
  return db
    .selectFrom('housekeeping_run')
    .select((eb) => ['duty', eb.fn.max('id').as('id')])
    .where('duty', 'in', duties)
    .where('what', '=', BY_HOUSEKEEPER)
    .where('started_at', '=', utc(startedAt))
    .where('host', '=', thisHost())
    .where('pid', '=', process.pid)
    .groupBy('duty')
    .execute();
}
