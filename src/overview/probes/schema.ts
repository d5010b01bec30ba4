/** Whether all migrations are applied, and the schema is what they make. */
import { step } from '../../next-step.ts';
import { compareSchema, readStatus } from '../../tasks/index.ts';
import { counted } from '../../written-numbers.ts';
import type { Found, Probe } from '../contract.ts';

export const migrations: Probe = {
  id: 'migrations',
  look: async (context) => {
    const status = await readStatus(context);
    const interrupted = status.migrations.find(({ direction }) => direction !== null);
    if (status.foreign) return [failing(status.foreign.message, step`${status.foreign.nextStep}`)];
    if (interrupted)
      return [
        failing(
          `Migration ${interrupted.version} ${interrupted.name} was interrupted.`,
          step`Run ${{ action: interrupted.direction === 'down' ? 'rollback' : 'migrate' }} to finish it.`,
        ),
      ];
    if (status.missing > 0)
      return [
        failing(
          `${counted(status.missing, 'applied migration is', 'applied migrations are')} missing from this program.`,
          step`Use the version of the program that applied ${status.missing === 1 ? 'it' : 'them'}; ${{ action: 'status' }} lists ${status.missing === 1 ? 'it' : 'them'}.`,
        ),
      ];
    if (status.pending > 0)
      return [
        failing(
          `${counted(status.pending, 'migration is', 'migrations are')} pending.`,
          step`Run ${{ action: 'migrate' }}.`,
        ),
      ];
    const sentence = `All ${counted(status.migrations.length, 'migration is', 'migrations are')} applied.`;
    return [{ id: 'migrations', level: 'ok', sentence, next: null }];
  },
};

function failing(sentence: string, next: Found['next']): Found {
  return { id: 'migrations', level: 'fail', sentence, next };
}

export const drift: Probe = {
  id: 'drift',
  look: async (context) => {
    // The probe before this one has read how far the migrations are, and found nothing.
    const { differences } = await compareSchema(context);
    if (differences.length === 0)
      return [{ id: 'drift', level: 'ok', sentence: 'The schema matches the migrations.', next: null }];
    return [
      {
        id: 'drift',
        level: 'warn',
        sentence: `The schema differs from the migrations in ${counted(differences.length, 'place')}.`,
        next: step`${{ action: 'verify' }} shows where.`,
        measure: differences.length,
      },
    ];
  },
};
