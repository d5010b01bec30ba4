/** What the duties have in common that delete by a purge: under its lock, guarded, archived and recorded like any other. */
import { type PurgePlan, type PurgeResult, rowsOf } from '../../cleanup/index.ts';
import { counted } from '../../written-numbers.ts';
import { oversizedText } from '../consent-text.ts';
import type { PlannedPurge, PurgeGuard } from '../plan-purge.ts';
import { runPurge } from '../purge.ts';
import type { DutyContext, DutyPlan, DutyResult, DutyStep } from './duty.ts';

/** How long another purge is waited for, in milliseconds. */
const LOCK_WAIT_MS = 60_000;

/** For rows of which nobody can delete too many: no share of all jobs is looked at. */
export const NO_SHARE: PurgeGuard = { percent: 100, skipOversized: true, archiveAll: false };

type TableName = PurgePlan['tables'][number]['table'];

export const SINGULAR: Readonly<Record<TableName, string>> = {
  job: 'job',
  artifacts: 'artifact',
  logger: 'log entry',
  token: 'token',
  housekeeping_run: 'run of housekeeping',
};

/** @param notes what somebody should know of the plan, in sentences */
export function purging(
  context: DutyContext,
  planned: PlannedPurge,
  notes: readonly (string | undefined)[] = [],
): DutyPlan {
  const known = [...notes, guardNote(planned)];
  const steps = stepsOf(planned.plan.tables);
  // A purge of nothing would be a line in the history of runs.
  if (steps.length === 0) return nothingToDo(sentences(known));
  return {
    steps,
    note: sentences(known),
    run: () => carryOut(context, planned, known),
  };
}

export function nothingToDo(note?: string): DutyPlan {
  const steps: DutyStep[] = [];
  return { steps, note, run: async () => ({ steps, bytes: null, backlog: 0, stopped: null, note }) };
}

async function carryOut(
  context: DutyContext,
  planned: PlannedPurge,
  notes: readonly (string | undefined)[],
): Promise<DutyResult> {
  const { timeBudgetMs, archive, lag } = context;
  const { result, space } = await runPurge(context, planned, {
    confirmed: [],
    waitMs: Math.min(LOCK_WAIT_MS, timeBudgetMs),
    timeBudgetMs,
    partOfDuty: true,
    archive: archive ?? undefined,
    lag,
  });
  const left = rowsOf(planned.plan.tables) - rowsOf(result.tables);
  return {
    steps: stepsOf(result.tables),
    bytes: space.report?.freedInside ?? null,
    backlog: Math.max(0, left),
    stopped: result.stopped,
    note: sentences([...notes, skippedNote(result), archiveNote(result)]),
  };
}

function stepsOf(tables: readonly { readonly table: string; readonly rows: number }[]): DutyStep[] {
  return tables
    .filter(({ rows }) => rows > 0)
    .map(({ table, rows }) => ({
      action: 'delete',
      what: SINGULAR[table as TableName] ?? table,
      count: rows,
      detail: null,
    }));
}

function guardNote({ skipped, guard }: PlannedPurge): string | undefined {
  if (skipped.length === 0) return undefined;
  return `Left out, as more than ${guard.percent} % of the jobs would be deleted: ${oversizedText(skipped)}. Check the policies; such a purge must be confirmed once.`;
}

function skippedNote({ skipped }: PurgeResult): string | undefined {
  const [first] = skipped.named;
  if (!first) return undefined;
  return `${counted(skipped.rows, 'row')} could not be deleted, as ${SINGULAR[first.table]} ${first.id}: ${first.reason}.`;
}

function archiveNote({ archive }: PurgeResult): string | undefined {
  return archive ? `Archived in ${archive.name}.` : undefined;
}

function sentences(notes: readonly (string | undefined)[]): string | undefined {
  const said = notes.filter((note) => note !== undefined);
  return said.length === 0 ? undefined : said.join(' ');
}
