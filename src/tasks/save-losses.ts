/** What a change of the schema destroys is saved to a file first. */
import { join } from 'node:path';
import type { Engine } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import type { DestructionCheck, MigrationPlan } from '../migrations/index.ts';
import { backUpLosses } from '../transfer/index.ts';
import type { TaskContext } from './context.ts';
import { lossesNotSaved } from './failures.ts';

/** A file that does not exist yet, or the directory for one that is made up; null to destroy without saving. */
export type LossBackup = { readonly file: string } | { readonly directory: string } | null;

export interface SavedLosses {
  /** Null when there was nothing to lose, or nothing was to be saved. */
  readonly file: string | null;
  /** To be asked before each step that destroys. */
  readonly check: DestructionCheck | undefined;
}

/** @throws FILE_FAILED, CANNOT_BE_SAVED: then nothing is destroyed */
export async function saveLosses(
  { engine, signal, onProgress, onNotice }: TaskContext,
  plan: MigrationPlan,
  backup: LossBackup,
): Promise<SavedLosses> {
  if (backup === null) return { file: null, check: undefined };
  const expected = plan.losses.reduce((sum, loss) => sum + loss.values, 0);
  const tell = (done: number) => onProgress?.({ activity: 'saving', done, expected, unit: 'rows' });
  const to = 'file' in backup ? backup.file : newBackupFile(engine, backup.directory);
  try {
    if (expected > 0) tell(0);
    const { file, rows, check } = await backUpLosses(engine, plan, to, { signal, onProgress: tell });
    if (file !== null) onNotice?.({ kind: 'losses-saved', file, rows, direction: plan.direction });
    return { file, check };
  } catch (error) {
    throw isMultiFlexiError(error) ? lossesNotSaved(error, error) : error;
  }
}

/** Named for the moment and the process, which may roll back twice in a second. */
function newBackupFile({ name }: Engine, directory: string): string {
  const now = new Date().toISOString().replace(/[-:.]/g, '');
  return join(directory, `destroyed-${name}-${now}-${process.pid}.rows.zst`);
}
