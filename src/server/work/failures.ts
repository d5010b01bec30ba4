/** The texts of this room's errors. */
import { MultiFlexiError } from '../../errors.ts';

export function stopped(): MultiFlexiError {
  return new MultiFlexiError('INTERRUPTED', 'Stopped from the console.', {
    next: 'What was already done is kept. Plan again to continue.',
  });
}
