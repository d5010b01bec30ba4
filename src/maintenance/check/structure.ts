/** Whether tables and indexes are intact on the disk, by the engine's own checks. */
import { isMultiFlexiError } from '../../errors.ts';
import type { Check, CheckOutcome, Finding, Unknown } from './contract.ts';
import { withoutStop } from './run-checks.ts';
import { findingOf } from './trouble.ts';

/** A step that cannot be done leaves the others as they are. */
export const structure: Check = {
  name: 'structure',
  async run({ engine, quick, tables, signal }): Promise<CheckOutcome> {
    const { steps, left } = await engine.endedBy(signal, (db) =>
      engine.structureChecks(db, tables, quick ? 'quick' : 'full'),
    );
    const findings: Omit<Finding, 'check'>[] = [];
    const unknown: Omit<Unknown, 'check'>[] = [...left];
    for (const step of steps) {
      try {
        const troubles = await engine.endedBy(signal, (db) => step.run(db));
        findings.push(...troubles.map((trouble) => findingOf('structure', trouble)));
      } catch (error) {
        signal.throwIfAborted();
        if (!isMultiFlexiError(error) || error.code === 'CONNECTION_LOST') throw error;
        unknown.push({ why: `${step.what}: ${withoutStop(error.message)}`, remedy: null });
      }
    }
    return { findings, unknown };
  },
};
