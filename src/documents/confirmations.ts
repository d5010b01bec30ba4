import { type Consent, consentText } from '../tasks/index.ts';

/** What must be confirmed before a plan is carried out. */
export function confirmationsOf(consents: readonly Consent[]) {
  return consents.map((consent) => ({
    kind: consent.kind,
    confirmed_by: consent.confirmedBy,
    message: consentText(consent),
  }));
}
