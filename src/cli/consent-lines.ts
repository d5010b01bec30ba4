import { type Consent, consentText, lossTexts } from '../tasks/index.ts';

/** What a consent is about, for a terminal: losses are a list there. */
export function consentLines(consent: Consent): string[] {
  if (consent.kind !== 'losses') return [consentText(consent)];
  return ['This destroys:', ...lossTexts(consent.losses).map((line) => `  ${line}`)];
}
