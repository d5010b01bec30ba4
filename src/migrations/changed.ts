/** Whether a migration is still the one that was recorded, step by step. */
import { MultiFlexiError } from '../errors.ts';
import type { LedgerRow, StepRow } from './ledger-tables.ts';
import type { Step } from './migration.ts';
import { stepHash } from './step-hash.ts';

/** @returns the place of the first step that differs, from 1; undefined when all are the same */
export function firstChange(recorded: readonly StepRow[], steps: readonly Step[]): number | undefined {
  const length = Math.max(recorded.length, steps.length);
  for (let place = 1; place <= length; place++) {
    const step = steps[place - 1];
    if (!step || recorded[place - 1]?.hash !== stepHash(step.sql)) return place;
  }
  return undefined;
}

/** For one that was cut off: it goes on only if its steps are those that were begun. */
export function changedHalfWay(row: LedgerRow, place: number): MultiFlexiError {
  return new MultiFlexiError(
    'MIGRATION_CHANGED',
    `Migration ${row.version} ${row.name} stopped after step ${row.step} of ${row.steps}, and its steps are no longer those it was begun with: they differ from step ${place} on.`,
    {
      next:
        place > row.step
          ? `If the step was mended on purpose, go on with multiflexi-cli db:migrate --accept-changed ${row.version}; or take back what is done with multiflexi-cli db:rollback.`
          : `Take back what is done with multiflexi-cli db:rollback, then migrate again; or finish it with the program that began it (version ${row.program_version}).`,
    },
  );
}

/** For one that is applied: the database may not be what this program takes it for. */
export function changedSinceApplied(row: LedgerRow, place: number): MultiFlexiError {
  return new MultiFlexiError(
    'MIGRATION_CHANGED',
    `Migration ${row.version} ${row.name} was changed since it was applied here: step ${place} is another one now.`,
    {
      next: `Find out why. If the schema is as it should be, record the new steps with db:migrate --accept-changed ${row.version}.`,
    },
  );
}
