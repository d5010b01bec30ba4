/** What each duty did last: a row for each (`housekeeping_duty`), so that asking costs the same however long the history is. */
import type { Transaction } from 'kysely';
import { utc } from '../../engines/index.ts';
import type { Database } from '../../schema/index.ts';
import type { TaskContext } from '../context.ts';
import { atMilliseconds, numberOrNull } from './instants.ts';

export type EndOfDuty = 'done' | 'time budget' | 'interrupted' | 'failed';

export interface DutyState {
  readonly duty: string;
  /** In milliseconds since the epoch, as all instants here. */
  readonly endedAt: number;
  /** Null where it never has. */
  readonly succeededAt: number | null;
  readonly outcome: EndOfDuty;
  /** How often in a row it has failed. */
  readonly failures: number;
  /** How often in a row its time was up before its work was done. */
  readonly unfinished: number;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly backlog: number | null;
  readonly milliseconds: number;
  readonly error: string | null;
  readonly note: string | null;
  /** Where it continues; undefined for the beginning. */
  readonly position: unknown;
  /** The run in the history that counts its runs without work; null after one with work. */
  readonly emptyRun: bigint | null;
}

export async function readDutyStates({
  engine,
}: Pick<TaskContext, 'engine'>): Promise<Map<string, DutyState>> {
  const rows = await engine.kysely<Database>().selectFrom('housekeeping_duty').selectAll().execute();
  return new Map(
    rows.map((row) => [
      row.duty,
      {
        duty: row.duty,
        endedAt: atMilliseconds(row.ended_at),
        succeededAt: row.succeeded_at === null ? null : atMilliseconds(row.succeeded_at),
        outcome: row.outcome,
        failures: row.failures,
        unfinished: row.unfinished,
        rows: numberOrNull(row.rows_changed),
        bytes: numberOrNull(row.bytes),
        backlog: numberOrNull(row.backlog),
        milliseconds: Number(row.milliseconds),
        error: row.error,
        note: row.note,
        position: positionOf(row.position),
        emptyRun: row.empty_run_id,
      },
    ]),
  );
}

/** Replaces the rows of these duties as a whole: two statements, however many they are. */
export async function writeDutyStates(
  db: Transaction<Database>,
  states: readonly DutyState[],
): Promise<void> {
  if (states.length === 0) return;
  const duties = states.map(({ duty }) => duty);
  await db.deleteFrom('housekeeping_duty').where('duty', 'in', duties).execute();
  await db
    .insertInto('housekeeping_duty')
    .values(
      states.map((state) => ({
        duty: state.duty,
        ended_at: utc(state.endedAt),
        succeeded_at: state.succeededAt === null ? null : utc(state.succeededAt),
        outcome: state.outcome,
        failures: state.failures,
        unfinished: state.unfinished,
        rows_changed: bigintOrNull(state.rows),
        bytes: bigintOrNull(state.bytes),
        backlog: bigintOrNull(state.backlog),
        milliseconds: BigInt(state.milliseconds),
        error: state.error,
        note: state.note,
        position: state.position === undefined ? null : JSON.stringify(state.position),
        empty_run_id: state.emptyRun,
      })),
    )
    .execute();
}

function bigintOrNull(value: number | null): bigint | null {
  return value === null ? null : BigInt(Math.round(value));
}

/** Somebody may have edited it: then the duty begins anew. */
function positionOf(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
