/** Accepting a finding: as bad as it is now, it is no longer shown as a fault. */
import { dismiss, requireOurDatabase, type TaskContext } from '../tasks/index.ts';
import type { Finding, Surroundings } from './contract.ts';
import { noSuchFinding } from './failures.ts';
import { overview } from './overview.ts';

/** @throws NOT_MIGRATED, FOREIGN_DATABASE, UNKNOWN_TARGET where it is not found now */
export async function dismissFinding(
  context: TaskContext,
  surroundings: Surroundings,
  id: string,
  reason: string,
): Promise<Finding> {
  await requireOurDatabase(context);
  const { findings } = await overview(context, surroundings);
  const faults = findings.filter(({ level }) => level === 'warn' || level === 'fail');
  const found = faults.find((one) => one.id === id);
  if (!found || (found.level !== 'warn' && found.level !== 'fail'))
    throw noSuchFinding(
      id,
      faults.map((one) => one.id),
    );
  await dismiss(context, { finding: id, level: found.level, measure: found.measure, reason });
  return { ...found, dismissed: reason };
}
