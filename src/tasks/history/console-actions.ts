/** What was done from a console, and by whom, in the history (`housekeeping_run`). */
import { type Engine, nowUtc } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { fencedTransaction } from '../../leases/index.ts';
import { oneLine } from '../../one-line.ts';
import type { Database } from '../../schema/index.ts';
import type { TaskContext } from '../context.ts';
import type { RunOutcome } from './forecast.ts';
import { beginRun } from './run-history.ts';

const DUTY = 'console';
/** How long the history is waited for: nothing is lost but a line in it. */
const PATIENCE_MS = 3_000;

export interface ConsoleAction<T> {
  /** What is done, as in `retention:hold`. */
  readonly what: string;
  /** Who does it, by the name that he has logged in with. */
  readonly by: string;
  act(): Promise<T>;
  outcomeOf(result: T): EndOutcome;
  /**
   * Opens the database in which its end is recorded, where that may be another one by then: the one that was left must stay as it was.
   */
  readonly endsIn?: (() => Promise<Engine>) | undefined;
}

type EndOutcome = Exclude<RunOutcome, 'running'>;

/**
 * Does it, and records it from its beginning to its end. What it does to rows has a record of its own, where it has one.
 * A database without a history, as before its first migration, keeps nothing from being done; then it is recorded behind it.
 */
export async function recordedAction<T>(
  { engine, onNotice }: Pick<TaskContext, 'engine' | 'onNotice'>,
  { what, by, act, outcomeOf, endsIn }: ConsoleAction<T>,
): Promise<T> {
  const begin = (where: Engine) => beginRun(where, { duty: DUTY, what }, 0, { patienceMs: PATIENCE_MS });
  const begun = await begin(engine).catch(() => null);
  const end = async (outcome: EndOutcome, error: string | null) => {
    try {
      const last = (await endsIn?.()) ?? engine;
      try {
        await endAction(last, begun ?? (await begin(last)), outcome, `${what} by ${by}`, error);
      } finally {
        if (last !== engine) await last.close();
      }
    } catch (failure) {
      const why = isMultiFlexiError(failure) ? failure.message : String(failure);
      onNotice?.({ kind: 'note', text: `the history does not have it: ${oneLine(why)}` });
    }
  };
  try {
    const result = await act();
    await end(outcomeOf(result), null);
    return result;
  } catch (error) {
    const outcome = isMultiFlexiError(error, 'INTERRUPTED') ? 'interrupted' : 'failed';
    await end(outcome, isMultiFlexiError(error) ? error.message : String(error));
    throw error;
  }
}

async function endAction(
  engine: Engine,
  id: bigint,
  outcome: EndOutcome,
  note: string,
  error: string | null,
): Promise<void> {
  await fencedTransaction<Database, unknown>(engine, { patienceMs: PATIENCE_MS }, (db) =>
    db
      .updateTable('housekeeping_run')
      .set({ outcome, note, error, finished_at: nowUtc() })
      .where('id', '=', id)
      .execute(),
  );
}
