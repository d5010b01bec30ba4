/** What a plan does to rows of tables that are not ours, sorted by what has to be said before it is carried out. */
import type { PlannedDependent, PurgePlan } from './plan.ts';

export interface Consequences {
  /** Rows that would be deleted or lose their link with rows that are archived: no archive could bring them back. */
  readonly notArchived: readonly PlannedDependent[];
  /** The same without an archive: somebody has to know. */
  readonly toConfirm: readonly PlannedDependent[];
  /** Rows that keep what they refer to. */
  readonly keeping: readonly PlannedDependent[];
}

/** @param archiveAll whether all that is deleted is archived, not only what the plan says */
export function consequencesOf({ dependents }: PurgePlan, archiveAll: boolean): Consequences {
  const lost = dependents.filter(({ effect, rows }) => effect !== 'keep' && rows > 0);
  const isArchived = ({ ofArchived }: PlannedDependent) => archiveAll || ofArchived > 0;
  return {
    notArchived: lost.filter(isArchived),
    toConfirm: lost.filter((one) => !isArchived(one)),
    keeping: dependents.filter(({ effect, rows }) => effect === 'keep' && rows > 0),
  };
}
