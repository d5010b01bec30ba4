import { type Confirmed, type Consent, isConfirmed } from './consent.ts';
import type { TaskContext } from './context.ts';
import { ConsentNeeded } from './failures.ts';

/**
 * Tells what was confirmed.
 * @param untouched what was not done, as the sentence with which a refusal goes on
 * @throws ConsentNeeded with all that is missing
 */
export function requireConfirmed(
  consents: readonly Consent[],
  confirmed: Confirmed,
  { onNotice }: Pick<TaskContext, 'onNotice'>,
  untouched: string,
): void {
  const missing = consents.filter((consent) => !isConfirmed(consent, confirmed));
  if (missing.length > 0) throw new ConsentNeeded(missing, confirmed, untouched);
  for (const consent of consents) onNotice?.({ kind: 'confirmed', consent });
}
