/** Carries a planned purge out: confirmed, throttled, archived, recorded, and with what became of the space. */
import {
  type ArchiveTarget,
  consequencesOf,
  type Oversized,
  type PurgeResult,
  rowsOf,
} from '../cleanup/index.ts';
import { measureSpace } from '../maintenance/index.ts';
import { requireConfirmed } from './confirmation.ts';
import { type Confirmed, isConfirmed } from './consent.ts';
import type { TaskContext } from './context.ts';
import { archiveNotSpecified, lostWithArchived } from './failures.ts';
import type { Forecast } from './history/forecast.ts';
import { dependentsConsent, type PlannedPurge } from './plan-purge.ts';
import { type RecordedPurgeOptions, recordedPurge } from './recorded-purge.ts';
import { type SpaceOutcome, spaceAfterPurge } from './space-after-purge.ts';
import { type LagLimit, withThrottle } from './throttle.ts';

export interface PurgeRequest {
  readonly confirmed: Confirmed;
  /** How long another purge is waited for. */
  readonly waitMs: number;
  /** Ends it after the chunk at hand when so much time is over. */
  readonly timeBudgetMs?: number | undefined;
  readonly archive?: ArchiveTarget | undefined;
  readonly lag?: LagLimit | undefined;
  /** The run of a duty, which has its own place in the history. */
  readonly partOfDuty?: boolean | undefined;
  /** Gives the free space back afterwards. */
  readonly reclaim?: boolean | undefined;
}

export interface PurgeOutcome {
  readonly result: PurgeResult;
  readonly backlog: Forecast;
  /** Left out by the guard. */
  readonly oversized: readonly Oversized[];
  readonly space: SpaceOutcome;
}

/** @throws ConsentNeeded, CANNOT_BE_SAVED, LOCKED; USAGE where it is not known where to archive; what a purge throws */
export async function runPurge(
  context: TaskContext,
  planned: PlannedPurge,
  request: PurgeRequest,
): Promise<PurgeOutcome> {
  if (planned.guard.archiveAll && !request.archive) throw archiveNotSpecified();
  const alsoDelete = confirmedKeys(context, planned, request.confirmed);
  const { engine } = context;
  const before = await measureSpace(engine);
  const options = optionsOf(context, planned, request);
  options.onProgress?.({ deleted: 0, expected: rowsOf(planned.plan.tables) });
  const { result, backlog } = await withThrottle(
    context,
    request.lag,
    (throttle) => recordedPurge(engine, planned.plan, planned.kind, { ...options, alsoDelete, throttle }),
    request.timeBudgetMs,
  );
  const space = await spaceAfterPurge(context, before, result, request);
  return { result, backlog, oversized: planned.skipped, space };
}

/** @returns the foreign keys by which rows of other tables may be lost @throws ConsentNeeded, CANNOT_BE_SAVED */
function confirmedKeys(
  context: TaskContext,
  { plan, guard, consents }: PlannedPurge,
  confirmed: Confirmed,
): readonly string[] {
  const dependents = dependentsConsent(plan, guard.archiveAll);
  const isAgreed = confirmed === 'everything' || (dependents && isConfirmed(dependents, confirmed));
  // A run that nobody watches keeps the rows that others depend on, and goes on with all others.
  if (guard.skipOversized && !isAgreed) return [];
  const { notArchived } = consequencesOf(plan, guard.archiveAll);
  if (notArchived.length > 0) throw lostWithArchived(notArchived);
  const asked = guard.skipOversized && dependents ? [dependents] : consents;
  requireConfirmed(asked, confirmed, context, 'Nothing was deleted.');
  return dependents?.dependents.map(({ key }) => key) ?? [];
}

function optionsOf(
  { program, fence, signal, onProgress, onNotice }: TaskContext,
  { plan, guard }: PlannedPurge,
  { waitMs, timeBudgetMs, archive, partOfDuty }: PurgeRequest,
): RecordedPurgeOptions {
  const expected = rowsOf(plan.tables);
  return {
    program,
    fence,
    waitMs,
    timeBudgetMs,
    partOfDuty,
    signal,
    archive: archive && {
      ...archive,
      all: guard.archiveAll,
      onNotice: (text) => onNotice?.({ kind: 'archive', text }),
    },
    onProgress: ({ deleted }) => onProgress?.({ activity: 'purging', done: deleted, expected, unit: 'rows' }),
    onLost: ({ message }, restMs) => onNotice?.({ kind: 'connection-lost', message, restMs }),
  };
}
