/** What somebody has looked at and accepted. */
import {
  type Dismissal,
  dismiss as dismissIn,
  readDismissals as readFrom,
  undismiss as undismissIn,
} from '../maintenance/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import type { TaskContext } from './context.ts';

export type { Dismissal } from '../maintenance/index.ts';

export function readDismissals({ engine }: TaskContext): Promise<ReadonlyMap<string, Dismissal>> {
  return readFrom(engine);
}

/** @throws NOT_MIGRATED, FOREIGN_DATABASE */
export function requireOurDatabase({ engine }: TaskContext): Promise<void> {
  return requireMigrated(engine);
}

/** @throws NOT_MIGRATED */
export async function dismiss({ engine }: TaskContext, dismissal: Dismissal): Promise<void> {
  await requireMigrated(engine);
  await dismissIn(engine, dismissal);
}

/** @returns whether it was dismissed @throws NOT_MIGRATED */
export async function undismiss({ engine }: TaskContext, finding: string): Promise<boolean> {
  await requireMigrated(engine);
  return undismissIn(engine, finding);
}
