/** Space that is free, and what became of it. */
import type { SpaceRemedy } from '../engines/index.ts';
import type {
  PlannedReclaim,
  ReclaimOutcome,
  ReclaimResult,
  SpaceOutcome,
  SpaceReport,
} from '../tasks/index.ts';
import { type NextStepWriter, reportOf } from './failure.ts';

export function plannedReclaimDocument(
  { use, ours, others, diskFree }: PlannedReclaim,
  write: NextStepWriter,
) {
  return {
    dry_run: true as const,
    reclaimable_bytes: use.freeBytes,
    estimated: use.estimated,
    disk_free_bytes: diskFree,
    how: [...ours, ...others].map((remedy) => remedyOf(remedy, write)),
    notes: use.notes,
  };
}

export function reclaimDocument({ result, report }: ReclaimOutcome, write: NextStepWriter) {
  return { dry_run: false as const, ...reclaimOf(result), space: spaceOf(report, write) };
}

/** What a purge freed; without the first fields where it could not be measured any more. */
export function spaceAfterPurge({ report, reclaim, failure }: SpaceOutcome, write: NextStepWriter) {
  const space: Partial<ReturnType<typeof spaceOf>> = report === null ? {} : spaceOf(report, write);
  return {
    ...space,
    reclaim: reclaim && reclaimOf(reclaim),
    error: failure && reportOf(failure, write),
  };
}

function spaceOf(report: SpaceReport, write: NextStepWriter) {
  return {
    freed_inside_bytes: report.freedInside,
    returned_to_disk_bytes: report.returnedToDisk,
    reclaimable_bytes: report.reclaimable,
    estimated: report.estimated,
    disk_free_bytes: report.diskFree,
    how: report.how.map((remedy) => remedyOf(remedy, write)),
    notes: report.notes,
  };
}

function remedyOf(remedy: SpaceRemedy, write: NextStepWriter) {
  const { gives, lock, needs, needsBytes, ours } = remedy;
  const command = remedy.ours ? write([remedy.action]) : remedy.sql;
  return { command, gives, lock, needs, needs_bytes: needsBytes, by_reclaim: ours };
}

function reclaimOf({ stopped, milliseconds, pieces, longestPiece }: ReclaimResult) {
  return { stopped, milliseconds, slices: pieces, longest_slice_milliseconds: longestPiece };
}
