/** PostgreSQL's SQLSTATEs and its driver's errors in the words of our catalogue. */
import { codeOf } from '../../system/index.ts';
import { type Diagnosis, LOST, UNREACHABLE } from '../failure.ts';
import type { FailureCode } from '../failures.ts';
import { isTlsFailure, loginHint } from '../login-hint.ts';
import type { Place } from '../place.ts';
import { safeDetail } from './detail.ts';

/** By SQLSTATE; source: PostgreSQL's documentation, appendix A. */
const BY_STATE: ReadonlyMap<string, FailureCode> = new Map<string, FailureCode>([
  ['28P01', 'LOGIN_REFUSED'], // invalid_password
  ['28000', 'LOGIN_REFUSED'], // invalid_authorization_specification
  ['3D000', 'DATABASE_MISSING'], // invalid_catalog_name
  ['53300', 'SERVER_UNREACHABLE'], // too_many_connections
  ['57P03', 'SERVER_UNREACHABLE'], // cannot_connect_now
  ['57P01', 'CONNECTION_LOST'], // admin_shutdown
  ['57P02', 'CONNECTION_LOST'], // crash_shutdown
  ['57P05', 'CONNECTION_LOST'], // idle_session_timeout
  ['25P03', 'CONNECTION_LOST'], // idle_in_transaction_session_timeout
  ['25P04', 'CONNECTION_LOST'], // transaction_timeout
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

/** A refusal at the door that is none of the login's own states. */
const STATES_OF_REFUSED_LOGINS = new Set([
  '42501', // insufficient_privilege: CONNECT on the database
  '55000', // object_not_in_prerequisite_state: ALLOW_CONNECTIONS is false
]);

export function diagnose(error: unknown, connected: boolean, place: Place): Diagnosis {
  const code = classify(error, connected);
  return { code, next: hint(error, code, place) };
}

/** Whether the driver says no more than that there is no connection any more. */
export function isSilentLoss(error: unknown): boolean {
  return (
    !isState(codeOf(error)) &&
    /Connection terminated|Client has encountered a connection error|not queryable/i.test(messageOf(error))
  );
}

/** Whether it is the server's own word, and not the network's or the driver's. */
export function isServersWord(error: unknown): boolean {
  return isState(codeOf(error));
}

function classify(error: unknown, connected: boolean): FailureCode {
  const code = codeOf(error);
  const message = messageOf(error);
  if (LOST.has(code) || isSilentLoss(error)) return connected ? 'CONNECTION_LOST' : 'SERVER_UNREACHABLE';
  if (isTlsFailure(error) || /does not support SSL/i.test(message)) return 'TLS_REFUSED';
  if (/timeout (?:exceeded|expired)/i.test(message)) return 'SERVER_UNREACHABLE';
  if (/client password must be/i.test(message)) return 'LOGIN_REFUSED';
  if (UNREACHABLE.has(code)) return 'SERVER_UNREACHABLE';
  if (!connected && STATES_OF_REFUSED_LOGINS.has(code)) return 'LOGIN_REFUSED';
  const atPooler = connected ? undefined : poolersRefusal(error);
  if (atPooler) return atPooler;
  const known = BY_STATE.get(code);
  if (known === 'LOGIN_REFUSED' && connected) return 'PERMISSION_DENIED';
  if (known) return known;
  if (!connected && code.startsWith('08')) return 'SERVER_UNREACHABLE';
  if (isState(code)) return BY_CLASS.get(code.slice(0, 2)) ?? 'DATABASE_FAILED';
  return connected ? 'DATABASE_FAILED' : 'SERVER_UNREACHABLE';
}

/** PgBouncer has one state, 08P01, for nearly all that it says; these do not pass by themselves. */
function poolersRefusal(error: unknown): FailureCode | undefined {
  if (codeOf(error) !== '08P01') return undefined;
  const message = messageOf(error);
  if (/database .* does not exist|no such database/i.test(message)) return 'DATABASE_MISSING';
  return /unsupported startup parameter|does not allow connections|no such user|auth\w* failed|not allowed/i.test(
    message,
  )
    ? 'LOGIN_REFUSED'
    : undefined;
}

/** What helps, where the state or the server's words tell more than the kind of failure; source: its sources' messages. */
function hint(error: unknown, code: FailureCode, place: Place): string | undefined {
  const state = codeOf(error);
  const message = messageOf(error);
  if (code === 'LOGIN_REFUSED') return refusedLogin(state, message, place);
  if (code === 'DATABASE_MISSING') return undefined;
  if (/does not support SSL/i.test(message))
    return 'Turn ssl on in the configuration of the server, or set DB_TLS=off where the network can be trusted.';
  if (state === '53300')
    return 'Wait until other sessions have ended, or raise max_connections or the CONNECTION LIMIT of the role or the database.';
  if (/query_wait_timeout|no more connections allowed/i.test(message))
    return 'The pooler has no session left: raise its default_pool_size (this program takes up to six) or max_client_conn, or set DB_HOST and DB_PORT to the server itself.';
  if (state === '08P01' && code === 'SERVER_UNREACHABLE')
    return 'See the log of the pooler: it could not get a session of the server.';
  const ended = ENDED_BY.get(state);
  if (ended !== undefined)
    return `${ended} ended the session: set it to 0 for this role (ALTER ROLE … SET ${ended} = 0), then run the same command again; it continues where it stopped.`;
  if (state === '42501') return missingPrivilege(error, message);
  if (state === '25006')
    return 'Nothing was changed by this statement. The server is a standby, or default_transaction_read_only is on for this role or database (SHOW default_transaction_read_only).';
  if (state === '2BP01') return 'Drop or change what depends on it, then run the same command again.';
  if (state === '23505') return counterBehind(error);
  if (state === '53100') return fullDisk(message);
  if (state === '53200')
    return 'Raise max_locks_per_transaction (it takes a restart) or the memory of the server; its log says which.';
  // What the server itself advises on the state of a table, or on what it does not do there.
  if (code === 'DATABASE_FAILED' && /^(?:55|0A)/.test(state) && textOf(error, 'hint') !== '')
    return textOf(error, 'hint');
  if (state === '57014')
    return 'Somebody cancelled the statement, or a time limit did. Run the same command again; it continues where it stopped.';
  return undefined;
}

const ENDED_BY: ReadonlyMap<string, string> = new Map([
  ['57P05', 'idle_session_timeout'],
  ['25P03', 'idle_in_transaction_session_timeout'],
  ['25P04', 'transaction_timeout'],
]);

function refusedLogin(state: string, message: string, place: Place): string | undefined {
  if (state === '55000' || /does not allow connections/i.test(message))
    return 'Let it take connections (ALTER DATABASE … ALLOW_CONNECTIONS true; in PgBouncer: ENABLE), or correct DB_DATABASE.';
  if (/unsupported startup parameter/i.test(message))
    return 'Add the parameter to ignore_startup_parameters of the pooler, or set DB_HOST and DB_PORT to the server itself.';
  if (/no encryption|SSL off/i.test(message) && place.encrypted !== true)
    return 'The server lists no such login without encryption: set DB_TLS=require, or add a line to its pg_hba.conf.';
  if (/pg_hba\.conf/i.test(message))
    return 'Add a line for this user, database and address to pg_hba.conf of the server, and reload it.';
  if (/not permitted to log in/i.test(message)) return 'Let the role log in: ALTER ROLE … LOGIN.';
  return loginHint(place);
}

/** The routine tells it in any language of the server's messages. */
function missingPrivilege(error: unknown, message: string): string | undefined {
  if (textOf(error, 'routine') === 'check_enable_rls')
    return 'Policies hide rows of this table from the account, so that it cannot be told what would be deleted or archived. Run it as an account to which they do not apply: one with BYPASSRLS (ALTER ROLE … BYPASSRLS), or the owner of the table unless it has FORCE ROW LEVEL SECURITY.';
  if (/permission denied for schema/i.test(message))
    return 'Grant USAGE and CREATE on the schema, or put another schema first in the search_path (SHOW search_path; ALTER ROLE … SET search_path = …).';
  return undefined;
}

/** After a load that named its ids, an identity column gives out ids that are taken. */
function counterBehind(error: unknown): string | undefined {
  const table = textOf(error, 'table');
  const column = /^Key \((\w+)\)=\(\d+\)/.exec(textOf(error, 'detail'))?.[1];
  if (!table || !column || !textOf(error, 'constraint').endsWith('_pkey')) return undefined;
  return `Where the server itself chose that ${column}, its counter is behind the rows: SELECT setval(pg_get_serial_sequence('${table}', '${column}'), max(${column})) FROM ${table}; then run the same command again. Otherwise correct the data that the message names.`;
}

/** The file that could not be written tells which of the server's disks it is. */
function fullDisk(message: string): string {
  const which = /pgsql_tmp/.test(message)
    ? 'for temporary files (temp_tablespaces)'
    : /pg_wal|pg_xlog/.test(message)
      ? 'of the write-ahead log (pg_wal)'
      : /pg_tblspc/.test(message)
        ? 'of that tablespace'
        : 'of its data directory';
  return `Free some space on the disk ${which}, then run the same command again; it continues where it stopped.`;
}

function isState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !LOST.has(code) && !UNREACHABLE.has(code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

function textOf(error: unknown, field: string): string {
  const value = typeof error === 'object' && error !== null ? Reflect.get(error, field) : undefined;
  return typeof value === 'string' ? value : '';
}

/** The server's message with its DETAIL, as far as that holds no values of rows. */
export function withDetail(error: unknown): unknown {
  if (!(error instanceof Error) || !isServersWord(error)) return error;
  const detail = safeDetail(codeOf(error), textOf(error, 'detail'));
  if (detail === '') return error;
  return new Error(`${error.message.replace(/\.$/, '')} (${detail})`);
}
