/** Errors of MySQL, MariaDB and their driver in the words of our catalogue. */
import { codeOf } from '../../system/index.ts';
import { type Diagnosis, LOST, UNREACHABLE } from '../failure.ts';
import type { FailureCode } from '../failures.ts';
import { isTlsFailure, loginHint } from '../login-hint.ts';
import type { Place } from '../place.ts';

/** By the server's error number; source: the servers' error message references. */
const BY_NUMBER: ReadonlyMap<number, FailureCode> = new Map<number, FailureCode>([
  [1045, 'LOGIN_REFUSED'], // ER_ACCESS_DENIED_ERROR
  [1698, 'LOGIN_REFUSED'], // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  [1044, 'LOGIN_REFUSED'], // ER_DBACCESS_DENIED_ERROR: at connect, the right to the database
  [1251, 'LOGIN_REFUSED'], // ER_NOT_SUPPORTED_AUTH_MODE
  [1184, 'LOGIN_REFUSED'], // ER_NEW_ABORTING_CONNECTION: init_connect failed
  [1524, 'LOGIN_REFUSED'], // ER_PLUGIN_IS_NOT_LOADED
  [1820, 'LOGIN_REFUSED'], // ER_MUST_CHANGE_PASSWORD
  [1862, 'LOGIN_REFUSED'], // ER_MUST_CHANGE_PASSWORD_LOGIN
  [3118, 'LOGIN_REFUSED'], // ER_ACCOUNT_HAS_BEEN_LOCKED
  [4151, 'LOGIN_REFUSED'], // ER_ACCOUNT_HAS_BEEN_LOCKED (MariaDB)
  [3955, 'LOGIN_REFUSED'], // ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK
  [1129, 'LOGIN_REFUSED'], // ER_HOST_IS_BLOCKED
  [1130, 'LOGIN_REFUSED'], // ER_HOST_NOT_PRIVILEGED
  [3159, 'TLS_REFUSED'], // ER_SECURE_TRANSPORT_REQUIRED
  [1049, 'DATABASE_MISSING'], // ER_BAD_DB_ERROR
  [1040, 'SERVER_UNREACHABLE'], // ER_CON_COUNT_ERROR
  [1203, 'SERVER_UNREACHABLE'], // ER_TOO_MANY_USER_CONNECTIONS
  [1226, 'SERVER_UNREACHABLE'], // ER_USER_LIMIT_REACHED
  [1053, 'CONNECTION_LOST'], // ER_SERVER_SHUTDOWN
  [1927, 'CONNECTION_LOST'], // ER_CONNECTION_KILLED (MariaDB)
  [4031, 'CONNECTION_LOST'], // ER_CLIENT_INTERACTION_TIMEOUT
  [1205, 'LOCK_TIMEOUT'], // ER_LOCK_WAIT_TIMEOUT
  [3572, 'LOCK_TIMEOUT'], // ER_LOCK_NOWAIT
  [1213, 'DEADLOCK'], // ER_LOCK_DEADLOCK
  [1020, 'DEADLOCK'], // ER_CHECKREAD: with innodb_snapshot_isolation a row that was changed meanwhile (MariaDB)
  [1021, 'DISK_FULL'], // ER_DISK_FULL
  [1114, 'DISK_FULL'], // ER_RECORD_FILE_FULL
  [3675, 'DISK_FULL'], // ER_TABLESPACE_FULL and out of disk
  [1290, 'READ_ONLY'], // ER_OPTION_PREVENTS_STATEMENT (read_only, super_read_only)
  [1792, 'READ_ONLY'], // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  [1836, 'READ_ONLY'], // ER_READ_ONLY_MODE
  [1036, 'READ_ONLY'], // ER_OPEN_AS_READONLY: the file of the table, or innodb_read_only
  [1874, 'READ_ONLY'], // ER_INNODB_READ_ONLY
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

export function diagnose(error: unknown, connected: boolean, place: Place): Diagnosis {
  const code = classify(error, connected);
  return { code, next: hint(error, code, place) };
}

/** Whether the driver says no more than that there is no connection any more. */
export function isSilentLoss(error: unknown): boolean {
  return (
    codeOf(error) === 'PROTOCOL_CONNECTION_LOST' || /closed state|Connection lost/i.test(messageOf(error))
  );
}

/** Whether it is the server's own word, and not the network's or the driver's. */
export function isServersWord(error: unknown): boolean {
  return numberOf(error) > 0;
}

function classify(error: unknown, connected: boolean): FailureCode {
  const code = codeOf(error);
  const known = BY_NUMBER.get(numberOf(error));
  if (known === 'LOGIN_REFUSED' && connected) return 'PERMISSION_DENIED';
  if (LOST.has(code)) return connected ? 'CONNECTION_LOST' : 'SERVER_UNREACHABLE';
  if (UNREACHABLE.has(code))
    return connected && code === 'ETIMEDOUT' ? 'CONNECTION_LOST' : 'SERVER_UNREACHABLE';
  if (isTlsFailure(error)) return 'TLS_REFUSED';
  if (/^AUTH_SWITCH/.test(code) || /unknown plugin/i.test(messageOf(error))) return 'LOGIN_REFUSED';
  if (NO_SPACE.test(messageOf(error))) return 'DISK_FULL';
  if (isSilentLoss(error)) return 'CONNECTION_LOST';
  if (known) return known;
  return connected ? 'DATABASE_FAILED' : 'SERVER_UNREACHABLE';
}

/** What helps, where the server's number or words tell more than the kind of failure. */
function hint(error: unknown, code: FailureCode, place: Place): string | undefined {
  const number = numberOf(error);
  const text = messageOf(error);
  const byNumber = HINTS.get(number);
  if (byNumber !== undefined) return byNumber;
  if (code === 'TLS_REFUSED' && codeOf(error) === 'HANDSHAKE_NO_SSL_SUPPORT')
    return 'Give the server a certificate (ssl_cert, ssl_key), or set DB_TLS=off where the network can be trusted.';
  if (code === 'LOGIN_REFUSED' && /plugin/i.test(text)) return OTHER_PLUGIN;
  if (code === 'LOGIN_REFUSED') return refusedLogin(number, place);
  if (code === 'DISK_FULL') return fullDisk(text);
  return undefined;
}

const OTHER_PLUGIN =
  'Give the account a plugin that server and program both have: ALTER USER … IDENTIFIED WITH caching_sha2_password BY … on MySQL, IDENTIFIED VIA mysql_native_password USING PASSWORD(…) on MariaDB.';

const EXPIRED =
  'The password has expired: set a new one with ALTER USER … IDENTIFIED BY …, or let it never expire (PASSWORD EXPIRE NEVER), and correct DB_PASSWORD.';

const HINTS: ReadonlyMap<number, string> = new Map([
  [
    1153,
    'Raise max_allowed_packet to more than twice the largest value (SET GLOBAL max_allowed_packet = …), then run the same command again; it continues where it stopped.',
  ],
  [1040, 'Wait until other sessions have ended, or raise max_connections.'],
  [1203, 'Wait until other sessions of this account have ended, or raise max_user_connections.'],
  [
    1226,
    'Raise the limit that the message names for this account (ALTER USER … WITH …), or wait until it is over.',
  ],
  [
    1129,
    'Clear the list of hosts with failed logins: TRUNCATE TABLE performance_schema.host_cache on MySQL, FLUSH HOSTS on MariaDB.',
  ],
  [
    1130,
    "Make an account for this host (CREATE USER '…'@'…'). Where the server looks no names up (skip_name_resolve), 'localhost' is the socket alone: set DB_SOCKET, or make one for '127.0.0.1'.",
  ],
  [1251, OTHER_PLUGIN],
  [
    1184,
    "The server runs init_connect for this account, and it fails: correct it (SHOW GLOBAL VARIABLES LIKE 'init_connect'), or let the account do what it does.",
  ],
  [1524, OTHER_PLUGIN],
  [1820, EXPIRED],
  [1862, EXPIRED],
  [3118, 'Unlock the account: ALTER USER … ACCOUNT UNLOCK.'],
  [4151, 'Unlock the account: ALTER USER … ACCOUNT UNLOCK.'],
  [3955, 'Wait until the account is unlocked, or unlock it: ALTER USER … ACCOUNT UNLOCK.'],
  [3159, 'Set DB_TLS=require, or DB_TLS_CA to verify the certificate of the server.'],
  [
    1792,
    'Nothing was changed by this statement. transaction_read_only is on for this session: set it off on the server or in init_connect.',
  ],
  [
    1290,
    'Nothing was changed by this statement. Where the message names read_only or super_read_only, it is a replica: set DB_HOST to the main server.',
  ],
  [
    4031,
    'A time limit of the server for idle sessions ended it (wait_timeout). Run the same command again; it continues where it stopped.',
  ],
]);

/** An account for `localhost` is not found from 127.0.0.1 where the server looks no names up. */
function refusedLogin(number: number, place: Place): string | undefined {
  const looks = loginHint(place);
  if (number !== 1045 || looks !== undefined) return looks;
  const socket = /^(?:127\.|localhost:|\[::1\])/.test(place.address)
    ? " An account for 'localhost' alone may need DB_SOCKET."
    : '';
  const encryption =
    place.encrypted === false ? ' An account that REQUIREs encryption needs DB_TLS=require.' : '';
  return `Check DB_USERNAME and DB_PASSWORD, and that this user may use this database from this host.${socket}${encryption}`;
}

/** The file that could not be written tells which of the server's disks it is. */
function fullDisk(text: string): string {
  const which = /#sql|\/tmp\/|MLfd|ibtmp|MY[a-zA-Z0-9]{6}/.test(text)
    ? 'for its temporary files (tmpdir, innodb_tmpdir)'
    : /binlog|-bin\./.test(text)
      ? 'of its binary log'
      : 'of its data directory';
  return `Free some space on the disk ${which}, then run the same command again; it continues where it stopped.`;
}

/** The driver gives it as the code where the server speaks unasked. */
function numberOf(error: unknown): number {
  const errno = typeof error === 'object' && error !== null && 'errno' in error ? Number(error.errno) : 0;
  return Math.max(0, errno || 0) || (/^\d{4}$/.test(codeOf(error)) ? Number(codeOf(error)) : 0);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
