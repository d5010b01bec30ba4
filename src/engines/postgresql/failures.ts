/** PostgreSQL's SQLSTATEs and its driver's errors in the words of our catalogue. */
import { codeOf, type FailureCode, LOST, UNREACHABLE } from '../failure.ts';

/** By SQLSTATE; source: PostgreSQL's documentation, appendix A. */
const BY_STATE: ReadonlyMap<string, FailureCode> = new Map<string, FailureCode>([
  ['28P01', 'LOGIN_REFUSED'], // invalid_password
  ['28000', 'LOGIN_REFUSED'], // invalid_authorization_specification
  ['3D000', 'DATABASE_MISSING'], // invalid_catalog_name
  ['53300', 'SERVER_UNREACHABLE'], // too_many_connections
  ['57P03', 'SERVER_UNREACHABLE'], // cannot_connect_now
  ['57P01', 'CONNECTION_LOST'], // admin_shutdown
  ['57P02', 'CONNECTION_LOST'], // crash_shutdown
  ['55P03', 'LOCK_TIMEOUT'], // lock_not_available
  ['40P01', 'DEADLOCK'], // deadlock_detected
  ['40001', 'DEADLOCK'], // serialization_failure
  ['53100', 'DISK_FULL'], // disk_full
  ['25006', 'READ_ONLY'], // read_only_sql_transaction
  ['42501', 'PERMISSION_DENIED'], // insufficient_privilege
]);

const BY_CLASS: ReadonlyMap<string, FailureCode> = new Map<string, FailureCode>([
  ['08', 'CONNECTION_LOST'], // connection exceptions
  ['22', 'CONSTRAINT'], // data exceptions
  ['23', 'CONSTRAINT'], // integrity constraint violations
]);

export function classify(error: unknown, connected: boolean): FailureCode {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : '';
  if (
    LOST.has(code) ||
    /Connection terminated|Client has encountered a connection error|not queryable/i.test(message)
  ) {
    return connected ? 'CONNECTION_LOST' : 'SERVER_UNREACHABLE';
  }
  if (/timeout (?:exceeded|expired)|does not support SSL/i.test(message)) return 'SERVER_UNREACHABLE';
  if (/client password must be/i.test(message)) return 'LOGIN_REFUSED';
  if (UNREACHABLE.has(code)) return 'SERVER_UNREACHABLE';
  const known = BY_STATE.get(code);
  if (known === 'LOGIN_REFUSED' && connected) return 'PERMISSION_DENIED';
  if (known) return known;
  if (/^[0-9A-Z]{5}$/.test(code)) return BY_CLASS.get(code.slice(0, 2)) ?? 'DATABASE_FAILED';
  return connected ? 'DATABASE_FAILED' : 'SERVER_UNREACHABLE';
}
