/** Putting back what a change of the schema has destroyed, from the file that it saved first. */
import { bothFences } from '../leases/index.ts';
import { requireFinished, whileSchemaStays } from '../migrations/index.ts';
import { applyRestore, planRestore, type RestoredPart, type RestorePlan } from '../transfer/index.ts';
import { requireConfirmed } from './confirmation.ts';
import { type Confirmed, type Consent, originConsents } from './consent.ts';
import type { TaskContext } from './context.ts';

export interface PlannedRollbackRestore extends RestorePlan {
  readonly consents: readonly Consent[];
}

/** Reads all of the file and writes nothing. @throws NOT_MIGRATED, FILE_FAILED, FILE_DAMAGED */
export async function planRestoreRollback(
  { engine }: TaskContext,
  file: string,
): Promise<PlannedRollbackRestore> {
  await requireFinished(engine);
  const plan = await planRestore(engine, file);
  return { ...plan, consents: originConsents(plan.differences, plan.source) };
}

export interface RestoreRollbackRequest {
  readonly file: string;
  readonly confirmed: Confirmed;
  /** How long a change of the schema is waited for. */
  readonly waitMs: number;
}

/** @throws ConsentNeeded where the rows are another installation's; LOCKED */
export async function runRestoreRollback(
  context: TaskContext,
  { file, confirmed, waitMs }: RestoreRollbackRequest,
): Promise<RestoredPart[]> {
  const { engine, program, fence: given, signal, onProgress } = context;
  await requireFinished(engine);
  return whileSchemaStays(engine, { program, waitMs, signal }, async (own) => {
    const plan = await planRestoreRollback(context, file);
    requireConfirmed(plan.consents, confirmed, context, 'Nothing was restored.');
    const expected = plan.parts.reduce((sum, part) => sum + part.rows, 0);
    const tell = (done: number) => onProgress?.({ activity: 'restoring', done, expected, unit: 'rows' });
    tell(0);
    return applyRestore(engine, plan, { signal, fence: bothFences(given, own), onProgress: tell });
  });
}
