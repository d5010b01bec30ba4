/** Whether a migration is still the one that was recorded, step by step. */

import type { StepHash } from './ledger/ledger.ts';
import { identityHash } from './ledger/step-hash.ts';
import type { Step } from './migration.ts';

/** @returns the place of the first step that differs, from 1; undefined when all are the same */
export function firstChange(recorded: readonly StepHash[], steps: readonly Step[]): number | undefined {
  const length = Math.max(recorded.length, steps.length);
  for (let place = 1; place <= length; place++) {
    const step = steps[place - 1];
    if (!step || recorded[place - 1]?.hash !== identityHash(step)) return place;
  }
  return undefined;
}
