/** Putting archived rows back into the database that they are from. */
import {
  type ArchiveRestorePlan,
  type ArchiveTarget,
  applyArchiveRestore,
  findArchive,
  originOf,
  planArchiveRestore as planRows,
  type RestoredTable,
  settleBeforeRestore,
  whileNothingIsPurged,
} from '../cleanup/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import { requireConfirmed } from './confirmation.ts';
import { type Confirmed, type Consent, originConsents } from './consent.ts';
import type { TaskContext } from './context.ts';
import { noSuchJobInArchive } from './failures.ts';

export interface ArchiveRestoreRequest {
  readonly archive: string;
  /** Only these, with what is theirs; null for all that it has. */
  readonly jobs: readonly bigint[] | null;
  /** Leaves out the values of columns that the tables no longer have. */
  readonly leaveOutMissing?: boolean | undefined;
}

export interface PlannedArchiveRestore {
  readonly plan: ArchiveRestorePlan;
  /** What tells the archive's installation from this one, in words. */
  readonly differences: readonly string[];
  readonly consents: readonly Consent[];
}

/** Reads all of the archive and writes nothing. @throws UNKNOWN_TARGET; what a look at an archive throws */
export async function planArchiveRestore(
  { engine, signal }: TaskContext,
  { directory, passphrase }: ArchiveTarget,
  { archive, jobs, leaveOutMissing }: ArchiveRestoreRequest,
): Promise<PlannedArchiveRestore> {
  await requireMigrated(engine);
  const place = findArchive(directory, archive);
  const plan = await planRows(engine, place, jobs, { passphrase, signal, leaveOutMissing });
  const { differences } = await originOf(engine, plan.catalogue);
  return { plan, differences, consents: originConsents(differences, plan.catalogue.source) };
}

export interface ArchiveRestoreRun extends ArchiveRestoreRequest {
  readonly confirmed: Confirmed;
  /** How long a purge is waited for. */
  readonly waitMs: number;
}

/**
 * Completes what interrupted runs have left there first, and plans while nothing else is purged or restored.
 * @throws ConsentNeeded where the rows are another installation's; LOCKED
 */
export async function runArchiveRestore(
  context: TaskContext,
  target: ArchiveTarget,
  request: ArchiveRestoreRun,
): Promise<RestoredTable[]> {
  const { engine, program, fence: given, signal, onNotice } = context;
  await requireMigrated(engine);
  findArchive(target.directory, request.archive);
  const wait = { program, waitMs: request.waitMs, signal };
  const told = { ...target, onNotice: (text: string) => onNotice?.({ kind: 'archive', text }) };
  return whileNothingIsPurged(engine, { ...wait, fence: given }, (fence) =>
    settleBeforeRestore(engine, told, { ...wait, fence }, async () => {
      const { plan, consents } = await planArchiveRestore(context, target, request);
      requireConfirmed(consents, request.confirmed, context, 'Nothing was restored.');
      return putBack({ ...context, fence }, plan, target);
    }),
  );
}

async function putBack(
  { engine, fence, signal, onProgress }: TaskContext,
  plan: ArchiveRestorePlan,
  { passphrase }: ArchiveTarget,
): Promise<RestoredTable[]> {
  const [missing] = plan.missing;
  if (missing !== undefined) throw noSuchJobInArchive(plan.place.name, missing);
  const expected = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  const tell = (done: number) => onProgress?.({ activity: 'restoring', done, expected, unit: 'rows' });
  tell(0);
  return applyArchiveRestore(engine, plan, { passphrase, signal, fence, onProgress: tell });
}
