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

export interface ConsoleAction {
  /** What is done, as in `retention:hold`. */
  readonly what: string;
  /** Who does it, by the name that he has logged in with. */
  readonly by: string;
}

/**
 * Does it, and records it from its beginning to its end. What it does to rows has a record of its own, where it has one.
 * A database without a history, as before its first migration, keeps nothing from being done; then it is recorded behind it.
 */
export async function recordedAction<T>(
  { engine, onNotice }: Pick<TaskContext, 'engine' | 'onNotice'>,
  { what, by }: ConsoleAction,
  act: () => Promise<T>,
  outcomeOf: (result: T) => Exclude<RunOutcome, 'running'>,
): Promise<T> {
  const begin = () => beginRun(engine, { duty: DUTY, what }, 0, { patienceMs: PATIENCE_MS });
  const begun = await begin().catch(() => null);
  const end = async (outcome: Exclude<RunOutcome, 'running'>, error: string | null) => {
    try {
      await endAction(engine, begun ?? (await begin()), outcome, `${what} by ${by}`, error);
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
  outcome: Exclude<RunOutcome, 'running'>,
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
