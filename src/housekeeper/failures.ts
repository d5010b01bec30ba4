/** What can go wrong with a duty. */
import { MultiFlexiError } from '../errors.ts';
import { step } from '../next-step.ts';

/** @param waited in milliseconds */
export function dutyHangs(duty: string, waited: number): MultiFlexiError {
  return new MultiFlexiError(
    'DUTY_FAILED',
    `The duty ${duty} did not end within ${Math.ceil(waited / 1_000)} s. It was abandoned.`,
    {
      next: step`Find out what the server is doing for it. The next cycle tries again; MULTIFLEXI_HOUSEKEEPER_SKIP_DUTIES=${duty} leaves it out.`,
    },
  );
}

/** A fault of this program. */
export function dutyFailed(duty: string, cause: unknown): MultiFlexiError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MultiFlexiError('DUTY_FAILED', `The duty ${duty} failed: ${reason}`, {
    next: step`This is a fault of the program: please report it. MULTIFLEXI_HOUSEKEEPER_SKIP_DUTIES=${duty} leaves the duty out until then.`,
    cause,
  });
}
