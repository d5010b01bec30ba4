/** What the engines have in common to say of a failure; what only one of them can say is in its own `failures.ts`. */
import { type ErrorCode, MultiFlexiError } from '../errors.ts';
import { type NextStep, step } from '../next-step.ts';
import type { LockHolder } from './contract/locks.ts';
import type { Place } from './place.ts';

/** The failures that drivers report, each of which every engine has or could have. */
export type FailureCode = Extract<
  ErrorCode,
  | 'SERVER_UNREACHABLE'
  | 'LOGIN_REFUSED'
  | 'TLS_REFUSED'
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

interface Text {
  readonly message: string;
  readonly next: string | NextStep;
}

/** @param detail the driver's own words, without a full stop */
export const FAILURES: Readonly<Record<FailureCode, (place: Place, detail: string) => Text>> = {
  SERVER_UNREACHABLE: ({ kind, address }, detail) => ({
    message: `Cannot reach the ${kind} at ${address}: ${detail}.`,
    next: isFile(kind)
      ? 'Check DB_DATABASE, and your permissions on the file and its directory.'
      : 'Check that it is running and that DB_HOST, DB_PORT and DB_SOCKET are correct.',
  }),
  LOGIN_REFUSED: ({ kind, address, username, database }, detail) => ({
    message: `The ${kind} at ${address} refused the login of user ${username} to database ${database}: ${detail}.`,
    next: 'Check DB_USERNAME and DB_PASSWORD, and that this user may use this database from this host.',
  }),
  TLS_REFUSED: ({ kind, address }, detail) => ({
    message: `Cannot make an encrypted connection to the ${kind} at ${address}: ${detail}.`,
    next: 'Check DB_TLS, DB_TLS_CA and the certificate of the server.',
  }),
  DATABASE_MISSING: ({ kind, address, database }) => ({
    message: `There is no database ${database} on the ${kind} at ${address}.`,
    next: 'Create it and grant the user its privileges (docs/settings.md has the statements), or correct DB_DATABASE.',
  }),
  CONNECTION_LOST: ({ kind, address }, detail) => ({
    message: `The connection to the ${kind} at ${address} was lost: ${detail}.`,
    next: 'When the server answers again, run the same command again; it continues where it stopped.',
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
    next: 'This statement changed nothing. Use an account, a server or a file that can be written.',
  }),
  DISK_FULL: ({ kind, address }, detail) => ({
    message: `The disk of the ${kind} at ${address} is full: ${detail}.`,
    next: 'Free some space, then run the same command again; it continues where it stopped.',
  }),
  PERMISSION_DENIED: ({ kind, address, username }, detail) => ({
    message: `User ${username ?? 'of this process'} is missing a privilege on the ${kind} at ${address}: ${detail}.`,
    next: 'Grant it (docs/settings.md lists the privileges that each command needs), then run the command again.',
  }),
  LOCK_TIMEOUT: ({ kind, address }, detail) => ({
    message: `Another session held a lock on the ${kind} at ${address} for too long: ${detail}.`,
    next: 'Run the command again when the other session has finished.',
  }),
  DEADLOCK: ({ kind, address }, detail) => ({
    message: `The ${kind} at ${address} ended the transaction to break a deadlock: ${detail}.`,
    next: 'Run the command again.',
  }),
  CONSTRAINT: ({ kind }, detail) => ({
    message: `The ${kind} refused a value: ${detail}.`,
    next: 'The statement was not carried out. Correct the data that the message names.',
  }),
  TOO_LARGE: ({ kind, address }, detail) => ({
    message: `The ${kind} at ${address} does not accept a statement that large: ${detail}.`,
    next: 'Raise its limit to more than twice the largest value, then run the same command again; it continues where it stopped.',
  }),
  DATABASE_FAILED: ({ kind, address }, detail) => ({
    message: `The ${kind} at ${address} failed: ${detail}.`,
    next: isFile(kind)
      ? step`Run the command with ${{ input: 'verbose' }} to see the statement that failed; sqlite3 FILE "pragma integrity_check" checks whether the file is intact.`
      : step`See its log; run the command with ${{ input: 'verbose' }} to see the statement that failed.`,
  }),
};

/** @param detail as for {@link FAILURES} @param better what helps with just this failure, where that is known */
export function reportedFailure(
  code: FailureCode,
  place: Place,
  detail: string,
  better?: string | NextStep,
): MultiFlexiError {
  const { message, next } = FAILURES[code](place, detail);
  return new MultiFlexiError(code, message, { next: better ?? next });
}

function isFile(kind: string): boolean {
  return kind.endsWith('file');
}

/** The setting of a session that was set, and has another value all the same. */
export function settingNotAccepted(
  { kind, address }: Place,
  { name, value }: { readonly name: string; readonly value: string },
  found: string,
): MultiFlexiError {
  return new MultiFlexiError(
    'SESSION_REFUSED',
    `The ${kind} at ${address} does not accept ${name} = ${value} for this session: it reports ${name} = ${found || "''"}.`,
    {
      next: `Nothing was changed. Set ${name} = ${value} for this account or on the server, and connect to the server itself rather than to a proxy that resets it.`,
    },
  );
}

/** @param said the server's own words */
export function mayNotSet(
  { kind, address }: Place,
  setting: { readonly name: string; readonly value: string; readonly why: string } | undefined,
  said: string,
): MultiFlexiError {
  const what = setting ? `${setting.name} = ${setting.value}` : 'what this session needs';
  const otherwise = setting ? ` Otherwise ${setting.why}.` : '';
  return new MultiFlexiError(
    'SESSION_REFUSED',
    `This account cannot set ${what} for its session on the ${kind} at ${address}: ${said.replace(/\.$/, '')}.${otherwise}`,
    {
      next: `Nothing was changed. Set ${setting ? what : 'it'} on the server or for this account, or grant the account the privilege to set it.`,
    },
  );
}

export function sharedSession({ kind, address }: Place): MultiFlexiError {
  return new MultiFlexiError(
    'SESSION_SHARED',
    `A pooler stands between this program and the ${kind} at ${address} and shares sessions between clients, so that a session's locks and settings do not hold.`,
    {
      next: 'Nothing was changed. Set DB_HOST and DB_PORT to the server itself, or to a pool in session mode (PgBouncer: pool_mode = session).',
    },
  );
}

export function unreadableTlsFile(address: string, why: string): MultiFlexiError {
  return new MultiFlexiError('SETTINGS_INVALID', `Cannot read a TLS file for ${address}: ${why}.`, {
    next: 'Check DB_TLS_CA, DB_TLS_CERT and DB_TLS_KEY.',
  });
}

export function serverTooOld(
  product: string,
  found: string,
  minimum: string,
  reason: string,
): MultiFlexiError {
  return new MultiFlexiError(
    'SERVER_TOO_OLD',
    `${product} ${found} is too old: ${minimum} or later is required (${reason}).`,
    { next: `Upgrade ${product}; nothing was changed.` },
  );
}

/** @param table null for the whole database @param whose who holds it, in words; null where nobody can tell */
export function lockNotGranted(
  { kind, address }: Place,
  table: string | null,
  waitedMs: number,
  whose: string | null,
): MultiFlexiError {
  const what = table === null ? `the ${kind}` : `table ${table} on the ${kind}`;
  return new MultiFlexiError(
    'LOCK_TIMEOUT',
    `Another session holds a lock on ${what} at ${address}, and did not release it within ${waitedMs / 1000} s: ${whose ?? 'the server does not tell which'}.`,
    {
      next: step`It was not changed. Run the command again when that session has ended its transaction, or wait longer with ${{ input: 'lock-timeout' }}; other sessions then wait just as long behind this one.`,
    },
  );
}

/** @param holder undefined where the session that holds it does not tell */
export function lockHeld(
  { name, waitMs }: { readonly name: string; readonly waitMs: number },
  holder: LockHolder | undefined,
  hasEnded: boolean,
): MultiFlexiError {
  const waited = waitMs > 0 ? ` after waiting ${waitMs / 1000} s` : '';
  const who = holder ? inWords(holder) : 'another session that does not identify itself';
  return new MultiFlexiError('LOCKED', `The lock "${name}" of this database is held${waited}: ${who}.`, {
    next:
      holder?.endedBy !== undefined && hasEnded
        ? leftBehind(holder.endedBy)
        : step`Wait until that run has finished, or raise ${{ input: 'wait' }}. The lock is released with the process that holds it.`,
  });
}

/** On a session that outlives its client: the server still works on its last statement, or a pooler keeps the session. */
function leftBehind(statement: string): string {
  return `That process is no longer running on this host: either the server is still working on its last statement, which will end, or a pooler keeps its session, which will not. End that session: ${statement};`;
}

function inWords({ program, pid, host, since }: LockHolder): string {
  return `${program}${pid === null ? '' : ` (process ${pid})`} on ${host}${since ? `, since ${since}` : ''}`;
}
