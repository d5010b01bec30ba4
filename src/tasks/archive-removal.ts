/** Removing archives, after which nothing of them can be put back. */
import {
  type ArchivePlace,
  applyRemoval,
  listArchives,
  planRemoval,
  type RemovalPlan,
} from '../cleanup/index.ts';
import { chosenArchives } from './archives.ts';
import { requireConfirmed } from './confirmation.ts';
import { type Confirmed, type Consent, tokenOf } from './consent.ts';
import type { TaskContext } from './context.ts';
import { removalNotSpecified } from './failures.ts';

/** Either names or an instant in milliseconds since the epoch, before which they were made. */
export interface ArchiveChoice {
  readonly names?: readonly string[] | undefined;
  readonly olderThan?: number | undefined;
}

export interface PlannedArchiveRemoval extends RemovalPlan {
  readonly consents: readonly Consent[];
}

/** @throws USAGE, UNKNOWN_TARGET, FILE_FAILED */
export function planArchiveRemoval(
  directory: string,
  { names, olderThan }: ArchiveChoice,
): PlannedArchiveRemoval {
  if ((names === undefined) === (olderThan === undefined)) throw removalNotSpecified();
  const places =
    olderThan === undefined ? chosenArchives(directory, names) : madeBefore(directory, olderThan);
  const plan = planRemoval(places);
  return { ...plan, consents: consentsOf(plan) };
}

/** @throws ConsentNeeded, LOCKED while a run writes to one of them */
export async function runArchiveRemoval(
  { program, onNotice }: Pick<TaskContext, 'program' | 'onNotice'>,
  plan: PlannedArchiveRemoval,
  confirmed: Confirmed,
): Promise<void> {
  requireConfirmed(plan.consents, confirmed, { onNotice }, 'Nothing was removed.');
  await applyRemoval(plan, program);
}

function consentsOf({ archives }: RemovalPlan): Consent[] {
  if (archives.length === 0) return [];
  const names = archives.map(({ place }) => place.name);
  const jobs = archives.reduce((sum, archive) => sum + (archive.jobs ?? 0), 0);
  const incomplete = archives.some(({ unsettled }) => unsettled);
  return [{ kind: 'removal', archives: names, jobs, incomplete, confirmedBy: tokenOf([names, jobs]) }];
}

/** By the instant in its name. */
function madeBefore(directory: string, instant: number): ArchivePlace[] {
  const bound = new Date(instant).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return listArchives(directory).filter(({ name }) => name < bound);
}
