/** Errors of MySQL, MariaDB and their driver in the words of our catalogue. */
import { codeOf, type FailureCode, LOST, UNREACHABLE } from '../failure.ts';

/** By the server's error number; source: the servers' error message references. */
const BY_NUMBER: ReadonlyMap<number, FailureCode> = new Map<number, FailureCode>([
  [1045, 'LOGIN_REFUSED'], // ER_ACCESS_DENIED_ERROR
  [1698, 'LOGIN_REFUSED'], // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  [1044, 'LOGIN_REFUSED'], // ER_DBACCESS_DENIED_ERROR: at connect, the right to the database
  [1251, 'LOGIN_REFUSED'], // ER_NOT_SUPPORTED_AUTH_MODE
  [3118, 'LOGIN_REFUSED'], // ER_ACCOUNT_HAS_BEEN_LOCKED
  [3159, 'LOGIN_REFUSED'], // ER_SECURE_TRANSPORT_REQUIRED
  [1049, 'DATABASE_MISSING'], // ER_BAD_DB_ERROR
  [1040, 'SERVER_UNREACHABLE'], // ER_CON_COUNT_ERROR
  [1203, 'SERVER_UNREACHABLE'], // ER_TOO_MANY_USER_CONNECTIONS
  [1226, 'SERVER_UNREACHABLE'], // ER_USER_LIMIT_REACHED
  [1129, 'SERVER_UNREACHABLE'], // ER_HOST_IS_BLOCKED
  [1130, 'SERVER_UNREACHABLE'], // ER_HOST_NOT_PRIVILEGED
  [1053, 'CONNECTION_LOST'], // ER_SERVER_SHUTDOWN
  [1927, 'CONNECTION_LOST'], // ER_CONNECTION_KILLED (MariaDB)
  [4031, 'CONNECTION_LOST'], // ER_CLIENT_INTERACTION_TIMEOUT
  [1205, 'LOCK_TIMEOUT'], // ER_LOCK_WAIT_TIMEOUT
  [3572, 'LOCK_TIMEOUT'], // ER_LOCK_NOWAIT
  [1213, 'DEADLOCK'], // ER_LOCK_DEADLOCK
  [1021, 'DISK_FULL'], // ER_DISK_FULL
  [1114, 'DISK_FULL'], // ER_RECORD_FILE_FULL
  [3675, 'DISK_FULL'], // ER_TABLESPACE_FULL and out of disk
  [1290, 'READ_ONLY'], // ER_OPTION_PREVENTS_STATEMENT (read_only, super_read_only)
  [1792, 'READ_ONLY'], // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  [1836, 'READ_ONLY'], // ER_READ_ONLY_MODE
  [1142, 'PERMISSION_DENIED'], // ER_TABLEACCESS_DENIED_ERROR
  [1143, 'PERMISSION_DENIED'], // ER_COLUMNACCESS_DENIED_ERROR
  [1227, 'PERMISSION_DENIED'], // ER_SPECIFIC_ACCESS_DENIED_ERROR
  [1370, 'PERMISSION_DENIED'], // ER_PROCACCESS_DENIED_ERROR
  [1153, 'TOO_LARGE'], // ER_NET_PACKET_TOO_LARGE
  [1048, 'CONSTRAINT'], // ER_BAD_NULL_ERROR
  [1062, 'CONSTRAINT'], // ER_DUP_ENTRY
  [1264, 'CONSTRAINT'], // ER_WARN_DATA_OUT_OF_RANGE
  [1292, 'CONSTRAINT'], // ER_TRUNCATED_WRONG_VALUE
  [1364, 'CONSTRAINT'], // ER_NO_DEFAULT_FOR_FIELD
  [1366, 'CONSTRAINT'], // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
  [1406, 'CONSTRAINT'], // ER_DATA_TOO_LONG
  [1451, 'CONSTRAINT'], // ER_ROW_IS_REFERENCED_2
  [1452, 'CONSTRAINT'], // ER_NO_REFERENCED_ROW_2
  [3140, 'CONSTRAINT'], // ER_INVALID_JSON_TEXT
  [3819, 'CONSTRAINT'], // ER_CHECK_CONSTRAINT_VIOLATED
  [4025, 'CONSTRAINT'], // ER_CONSTRAINT_FAILED (MariaDB)
]);

/** The operating system's "no space left on device" and "quota exceeded", as servers quote them. */
const NO_SPACE = /errno: (?:28|122)\b|No space left on device/;

export function classify(error: unknown, connected: boolean): FailureCode {
  const code = codeOf(error);
  if (LOST.has(code)) return connected ? 'CONNECTION_LOST' : 'SERVER_UNREACHABLE';
  if (UNREACHABLE.has(code))
    return connected && code === 'ETIMEDOUT' ? 'CONNECTION_LOST' : 'SERVER_UNREACHABLE';
  if (/^HANDSHAKE_|SSL|TLS|CERT/.test(code)) return 'SERVER_UNREACHABLE';
  if (error instanceof Error && NO_SPACE.test(error.message)) return 'DISK_FULL';
  if (error instanceof Error && /closed state|Connection lost/i.test(error.message)) return 'CONNECTION_LOST';
  const number = typeof error === 'object' && error !== null && 'errno' in error ? Number(error.errno) : 0;
  const known = BY_NUMBER.get(number);
  if (known === 'LOGIN_REFUSED' && connected) return 'PERMISSION_DENIED';
  if (known) return known;
  return connected ? 'DATABASE_FAILED' : 'SERVER_UNREACHABLE';
}
