/** Makes the planner's statistics anew where the engine's own count of changes says that they are behind. */
import type { TableStatistics } from '../../engines/index.ts';
import { MIGRATIONS, modelOf } from '../../migrations/index.ts';
import { patiently } from '../../pacing/index.ts';
import { isBookkeeping } from '../../schema/index.ts';
import { counted } from '../../written-numbers.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult, DutyStep } from './duty.ts';

export const statistics: Duty = {
  name: 'statistics',
  summary: "makes the planner's statistics of tables anew that have changed enough",
  deletes: false,
  settings: [],
  plan: planStatistics,
};

export interface StaleStatistics {
  /** Tables whose statistics are out of date. */
  readonly stale: readonly string[];
  /** Of which tables that cannot be known and why, in a sentence; null where it is known of all. */
  readonly unknown: string | null;
}

/** Reads only. */
export async function staleStatistics({
  engine,
  signal,
}: Pick<DutyContext, 'engine' | 'signal'>): Promise<StaleStatistics> {
  // What a cycle itself writes would be due at its end again.
  const tables = [...modelOf(MIGRATIONS).keys()].filter((table) => !isBookkeeping({ table, column: null }));
  const found = await patiently(() => engine.statistics(tables), { signals: [signal] });
  const stale = found.filter((one) => one.stale === true).map(({ table }) => table);
  return { stale, unknown: unknownNote(found) ?? null };
}

async function planStatistics(context: DutyContext): Promise<DutyPlan> {
  const { stale, unknown } = await staleStatistics(context);
  const note = unknown ?? undefined;
  return { steps: stepsOf(stale), note, run: () => analyzeThem(context, stale, note) };
}

/** They are no data: one who has lost the lease meanwhile does no harm with the table at hand, and begins no other. */
async function analyzeThem(
  { engine, signal, fence, timeBudgetMs }: DutyContext,
  tables: readonly string[],
  note: string | undefined,
): Promise<DutyResult> {
  const budget = AbortSignal.timeout(Math.max(1, Math.round(timeBudgetMs)));
  const ended = AbortSignal.any([signal, fence?.signal, budget].filter((one) => one !== undefined));
  const done: string[] = [];
  for (const table of tables) {
    if (ended.aborted) break;
    try {
      await patiently(() => engine.analyze(table, ended), { signals: [ended] });
      done.push(table);
    } catch (error) {
      if (!ended.aborted || error !== ended.reason) throw error;
    }
  }
  fence?.signal.throwIfAborted();
  const left = tables.length - done.length;
  return {
    steps: stepsOf(done),
    bytes: null,
    backlog: null,
    stopped: left === 0 ? null : signal?.aborted ? 'interrupted' : 'time budget',
    note,
  };
}

function stepsOf(tables: readonly string[]): DutyStep[] {
  if (tables.length === 0) return [];
  return [{ action: 'analyze', what: 'table', count: tables.length, detail: tables.join(', ') }];
}

function unknownNote(found: readonly TableStatistics[]): string | undefined {
  const unknown = found.filter(({ stale }) => stale === null);
  const [first] = unknown;
  if (!first) return undefined;
  const more = unknown.length === 1 ? '' : ` (and ${counted(unknown.length - 1, 'more table')})`;
  return `It is not known whether statistics are out of date: ${first.table} ${first.why}${more}.`;
}
