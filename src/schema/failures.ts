import { MultiFlexiError } from '../errors.ts';
import { step } from '../next-step.ts';

export function noInstallationId(where: string): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_MIGRATED',
    `The database has no installation id yet (its table installation is empty or missing): ${where}.`,
    { next: step`Run ${{ action: 'migrate' }}, which also writes the id; then run the command again.` },
  );
}
