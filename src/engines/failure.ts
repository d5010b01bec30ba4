/**
 * From a driver's error to an entry of the catalogue. Each engine's `failures.ts` names the kind of failure;
 * the words an administrator reads are here, once.
 */

import { type ErrorCode, isMultiFlexiError, MultiFlexiError } from '../errors.ts';
import type { ServerSettings } from './connection-settings.ts';

export interface Place {
  /** `MySQL server`, `PostgreSQL server`, `SQLite file`. */
  readonly kind: string;
  /** Host and port, socket or file. */
  readonly address: string;
  readonly database: string;
  readonly username: string | undefined;
  /** Cut out of every message, should a driver ever repeat it. */
  readonly secret: string | undefined;
}

/** Host and port as they are written in a URL, or the socket. */
export function addressOf({ host, port, socket }: ServerSettings): string {
  return socket ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export type FailureCode = Extract<
  ErrorCode,
  | 'SERVER_UNREACHABLE'
  | 'LOGIN_REFUSED'
  | 'DATABASE_MISSING'
  | 'CONNECTION_LOST'
  | 'WRONG_SERVER'
  | 'NOT_A_DATABASE'
  | 'READ_ONLY'
  | 'DISK_FULL'
  | 'PERMISSION_DENIED'
  | 'LOCK_TIMEOUT'
  | 'DEADLOCK'
  | 'CONSTRAINT'
  | 'TOO_LARGE'
  | 'DATABASE_FAILED'
>;

const WORDS: Record<FailureCode, (place: Place, detail: string) => { message: string; next: string }> = {
  SERVER_UNREACHABLE: ({ kind, address }, detail) => ({
    message: `Cannot reach the ${kind} at ${address}: ${detail}.`,
    next: isFile(kind)
      ? 'Check DB_DATABASE, and your rights on the file and its directory.'
      : 'Check that it runs and that DB_HOST, DB_PORT and DB_SOCKET name it.',
  }),
  LOGIN_REFUSED: ({ kind, address, username, database }, detail) => ({
    message: `The ${kind} at ${address} refused the login of user ${username} to database ${database}: ${detail}.`,
    next: 'Check DB_USERNAME and DB_PASSWORD, and that this user may use this database from this host.',
  }),
  DATABASE_MISSING: ({ kind, address, database }) => ({
    message: `There is no database ${database} on the ${kind} at ${address}.`,
    next: 'Create it and grant the user rights to it (docs/settings.md has the statements), or mend DB_DATABASE.',
  }),
  CONNECTION_LOST: ({ kind, address }, detail) => ({
    message: `The connection to the ${kind} at ${address} was lost: ${detail}.`,
    next: 'Run the same command again once the server answers; it goes on where it stopped.',
  }),
  WRONG_SERVER: ({ kind, address }, detail) => ({
    message: `What answers at ${address} is not a ${kind}: ${detail}.`,
    next: 'Check DB_CONNECTION, DB_HOST and DB_PORT.',
  }),
  NOT_A_DATABASE: ({ address }) => ({
    message: `${address} is not an SQLite database.`,
    next: 'Check DB_DATABASE; nothing was changed.',
  }),
  READ_ONLY: ({ kind, address }, detail) => ({
    message: `The ${kind} at ${address} cannot be written: ${detail}.`,
    next: 'Nothing was changed by this statement. Use an account, a server or a file that may be written.',
  }),
  DISK_FULL: ({ kind, address }, detail) => ({
    message: `The disk of the ${kind} at ${address} is full: ${detail}.`,
    next: 'Make room, then run the same command again; it goes on where it stopped.',
  }),
  PERMISSION_DENIED: ({ kind, address, username }, detail) => ({
    message: `User ${username ?? 'of this process'} lacks a right on the ${kind} at ${address}: ${detail}.`,
    next: 'Grant it (docs/settings.md lists the rights each command needs) and run the command again.',
  }),
  LOCK_TIMEOUT: ({ kind, address }, detail) => ({
    message: `Another session held what was needed on the ${kind} at ${address} for too long: ${detail}.`,
    next: 'Run the command again when the other session is done.',
  }),
  DEADLOCK: ({ kind, address }, detail) => ({
    message: `The ${kind} at ${address} ended the transaction to break a deadlock: ${detail}.`,
    next: 'Run the command again.',
  }),
  CONSTRAINT: ({ kind }, detail) => ({
    message: `The ${kind} refused a value: ${detail}.`,
    next: 'The statement was not carried out. Mend the data that the message names.',
  }),
  TOO_LARGE: ({ kind, address }, detail) => ({
    message: `The ${kind} at ${address} takes no statement that large: ${detail}.`,
    next: 'Raise its max_allowed_packet to more than twice the largest value (SET GLOBAL max_allowed_packet = …), and run the same command again; it goes on where it stopped.',
  }),
  DATABASE_FAILED: ({ kind, address }, detail) => ({
    message: `The ${kind} at ${address} failed: ${detail}.`,
    next: isFile(kind)
      ? 'Run the command with -v for the statement that failed; sqlite3 FILE "pragma integrity_check" says whether the file is whole.'
      : 'Look into its log; run the command with -v for the statement that failed.',
  }),
};

function isFile(kind: string): boolean {
  return kind.endsWith('file');
}

/** The failure as an error of the catalogue; one that is of the catalogue already passes through. */
export function failure(code: FailureCode, place: Place, cause: unknown): MultiFlexiError {
  if (isMultiFlexiError(cause)) return cause;
  const { message, next } = WORDS[code](place, withoutSecret(detailOf(cause), place.secret));
  // The driver's own error is not kept as the cause: it holds the statement's parameters and, on some
  // drivers, the connection's options, and would carry them into a log.
  return new MultiFlexiError(code, message, { next });
}

/** For a connection that ended without a word of the driver. */
export function lostConnection(place: Place): MultiFlexiError {
  return failure('CONNECTION_LOST', place, new Error('the server closed the connection'));
}

const NETWORK_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'the network cannot be reached',
  ENOENT: 'there is no such socket or file',
  EACCES: 'access was denied',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  PROTOCOL_CONNECTION_LOST: 'the server closed the connection',
  ERR_SOCKET_BAD_PORT: 'the port is not one',
};

/** Failures of the network before a connection stands; the same codes afterwards mean that it was lost. */
export const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
  'ERR_SOCKET_BAD_PORT',
]);
export const LOST = new Set([
  'ECONNRESET',
  'EPIPE',
  'PROTOCOL_CONNECTION_LOST',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** The `code` that Node and all drivers give their errors. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function detailOf(error: unknown): string {
  const words = NETWORK_WORDS[codeOf(error)];
  if (words) return words;
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().replace(/\.$/, '') || 'no reason was given';
}

function withoutSecret(text: string, secret: string | undefined): string {
  // A short one is part of ordinary words: cutting it out would garble them, and give it away.
  return secret && secret.length >= 6 ? text.replaceAll(secret, '***') : text;
}
