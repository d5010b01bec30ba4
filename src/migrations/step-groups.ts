/** Which steps of a migration are carried out together. */
import type { Engine } from '../engines/index.ts';
import type { Step } from './migration.ts';
import type { PlannedMigration } from './plan.ts';

/** Steps that are carried out together; the places count from 1. */
export interface StepGroup {
  readonly steps: readonly (readonly [place: number, step: Step])[];
  readonly kind: GroupKind;
}

/** In a transaction that changes the schema, in one that changes rows, or one statement that commits by itself. */
type GroupKind = 'schema' | 'rows' | 'alone';

/** @param fake the migration is only recorded @returns at least one, which records what is left to be recorded */
export function stepGroups(
  { steps, done }: PlannedMigration,
  capabilities: Engine['capabilities'],
  fake: boolean,
): StepGroup[] {
  const groups: { steps: (readonly [number, Step])[]; kind: GroupKind }[] = [];
  for (const [index, step] of steps.entries()) {
    if (fake || index < done) continue;
    const kind = kindOf(step, capabilities);
    const current = groups.at(-1);
    if (kind !== 'alone' && current?.kind === kind) current.steps.push([index + 1, step]);
    else groups.push({ steps: [[index + 1, step]], kind });
  }
  return groups.length > 0
    ? groups
    : [{ steps: [], kind: capabilities.transactionalDdl ? 'schema' : 'alone' }];
}

/** Where DDL cannot touch rows, it has transactions of its own: its locks are not held while rows are changed. */
function kindOf(step: Step, { transactionalDdl, ddlKeepsRows }: Engine['capabilities']): GroupKind {
  if (step.changesRows !== undefined && ddlKeepsRows) return 'rows';
  return transactionalDdl && !step.alone ? 'schema' : 'alone';
}
