/** What may be wrong with a login besides a mistyped password, and with the encryption it was sent over. */
import { codeOf } from '../system/index.ts';
import type { Place } from './place.ts';

/** What to do about a refused login, where the settings themselves look odd or lack something. */
export function loginHint({ secret = '' }: Place): string | undefined {
  const usual = 'Check DB_USERNAME and DB_PASSWORD, and that this user may use this database from this host.';
  if (/[\r\n]/.test(secret)) return `${usual} DB_PASSWORD has a line break in it: is a quote not closed?`;
  if (/^["']|["']$/.test(secret)) return `${usual} DB_PASSWORD begins or ends with a quote: is it meant?`;
  if (/^\s|\s$/.test(secret)) return `${usual} DB_PASSWORD begins or ends with a space: is it meant?`;
  if (secret === '') return `${usual} DB_PASSWORD is blank.`;
  return undefined;
}

/** By the codes of Node's TLS and OpenSSL; a certificate or a protocol does not get better by waiting. */
export function isTlsFailure(error: unknown): boolean {
  return /^HANDSHAKE_|SSL|TLS|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(codeOf(error));
}
