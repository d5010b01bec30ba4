/** What is kept at the end of a cycle, in one transaction: the duties without work, the cycle itself, and its log entries. */
import { utc } from '../../engines/index.ts';
import { fencedTransaction } from '../../leases/index.ts';
import type { Database } from '../../schema/index.ts';
import type { TaskContext } from '../context.ts';
import { CYCLE, type EmptyRun, type EndedRun, noteEmptyRuns, noteRun } from './duty-runs.ts';
import { type DutyState, writeDutyStates } from './duty-states.ts';

/** Where log entries of ours are from. */
const VENUE = 'housekeeper';

export interface CycleLog {
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
}

export interface EndedCycle {
  readonly startedAt: number;
  readonly ended: EndedRun;
  /** Whether no duty had anything to do or to tell. */
  readonly isEmpty: boolean;
  readonly state: DutyState;
  /** Duties that found nothing to do. */
  readonly empty: readonly { readonly run: EmptyRun; readonly state: DutyState }[];
  readonly log: readonly CycleLog[];
}

export function endCycle(
  context: Pick<TaskContext, 'engine' | 'fence' | 'signal'>,
  { startedAt, ended, isEmpty, state, empty, log }: EndedCycle,
): Promise<void> {
  const { endedAt } = state;
  return fencedTransaction<Database, void>(context.engine, context, async (db) => {
    const runs = empty.map(({ run }) => run);
    const { note } = ended;
    if (isEmpty) runs.push({ duty: CYCLE, startedAt, endedAt, note, continues: state.emptyRun });
    else await noteRun(db, CYCLE, startedAt, endedAt, ended);
    const rows = await noteEmptyRuns(context.engine, db, runs);
    const states = [...empty.map((one) => one.state), state];
    await writeDutyStates(
      db,
      states.map((one) => ({ ...one, emptyRun: rows.get(one.duty) ?? null })),
    );
    if (log.length === 0) return;
    const at = utc(endedAt);
    await db
      .insertInto('logger')
      .values(log.map((entry) => ({ ...entry, venue: VENUE, created_at: at })))
      .execute();
  });
}
