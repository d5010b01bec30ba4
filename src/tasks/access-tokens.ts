/**
 * Tokens with which people and scripts enter the console of a service: rows of `token` that have a scope. The database has their
 * hashes alone; a token is shown once, when it is made.
 */
import { hash, randomBytes } from 'node:crypto';
import { instantMs, nowUtc, utc } from '../engines/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import type { Database } from '../schema/index.ts';
import type { TaskContext } from './context.ts';
import { noSuchToken, noSuchUser, userIsDisabled } from './failures.ts';

/** `read` looks and plans; `maintain` carries out as well. */
export type TokenScope = 'read' | 'maintain';

export interface NewToken {
  /** By login. */
  readonly user: string;
  readonly scope: TokenScope;
  /** In milliseconds since the epoch; null for one without an end. */
  readonly until: number | null;
}

export interface CreatedToken {
  readonly id: bigint;
  /** The only time that it is seen. */
  readonly token: string;
  readonly until: string | null;
}

export interface ListedToken {
  readonly id: bigint;
  readonly user: string;
  readonly scope: TokenScope;
  readonly start: string;
  readonly until: string | null;
  /** Whether somebody can log in with it now. */
  readonly valid: boolean;
}

/** Who may enter by a token. */
export interface Bearer {
  readonly user: string;
  readonly scope: TokenScope;
}

/** Tells what it is where it is found: in a log, in a repository. */
const PREFIX = 'mfc_';
const BYTES = 32;
const MOST_LISTED = 1_000;

/** It has as many random bits as the hash: a slow hash would add nothing. */
export function hashOfToken(token: string): string {
  return hash('sha256', token, 'hex');
}

/** @throws NOT_MIGRATED, UNKNOWN_TARGET where there is no such account, or it may not log in */
export async function createToken({ engine }: TaskContext, request: NewToken): Promise<CreatedToken> {
  await requireMigrated(engine);
  const db = engine.kysely<Database>();
  const user = await db
    .selectFrom('user')
    .select(['id', 'enabled'])
    .where('login', '=', request.user)
    .executeTakeFirst();
  if (!user) throw noSuchUser(request.user);
  if (!user.enabled) throw userIsDisabled(request.user);
  const token = `${PREFIX}${randomBytes(BYTES).toString('base64url')}`;
  const until = request.until === null ? null : utc(request.until);
  const row = { user_id: user.id, token: hashOfToken(token), start: nowUtc(), until, scope: request.scope };
  await db.insertInto('token').values(row).execute();
  const { id } = await db
    .selectFrom('token')
    .select('id')
    .where('token', '=', row.token)
    .executeTakeFirstOrThrow();
  return { id, token, until };
}

/** Those of the console, the newest first. @throws NOT_MIGRATED */
export async function listTokens({ engine }: TaskContext): Promise<readonly ListedToken[]> {
  await requireMigrated(engine);
  const rows = await engine
    .kysely<Database>()
    .selectFrom('token')
    .innerJoin('user', 'user.id', 'token.user_id')
    .select(['token.id', 'user.login', 'user.enabled', 'token.scope', 'token.start', 'token.until'])
    .where('token.scope', 'is not', null)
    .orderBy('token.id', 'desc')
    .limit(MOST_LISTED)
    .execute();
  return rows.flatMap(({ id, login, enabled, scope, start, until }) =>
    scope === null
      ? []
      : [{ id, user: login, scope, start, until, valid: Boolean(enabled) && isWithin(start, until) }],
  );
}

/** @throws NOT_MIGRATED, UNKNOWN_TARGET for one that is none of the console's */
export async function revokeToken({ engine }: TaskContext, id: bigint): Promise<void> {
  await requireMigrated(engine);
  const { numDeletedRows } = await engine
    .kysely<Database>()
    .deleteFrom('token')
    .where('id', '=', id)
    .where('scope', 'is not', null)
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) throw noSuchToken(id);
}

/** Found by the index of hashes. @param hashed by {@link hashOfToken} @returns null for one that is not valid now */
export async function bearerOf(
  { engine }: Pick<TaskContext, 'engine'>,
  hashed: string,
): Promise<Bearer | null> {
  const row = await engine
    .kysely<Database>()
    .selectFrom('token')
    .innerJoin('user', 'user.id', 'token.user_id')
    .select(['user.login', 'user.enabled', 'token.scope', 'token.start', 'token.until'])
    .where('token.token', '=', hashed)
    .executeTakeFirst();
  if (!row || row.scope === null || !row.enabled || !isWithin(row.start, row.until)) return null;
  return { user: row.login, scope: row.scope };
}

/** Their beginning is of another clock, which may be a little ahead. */
const CLOCKS_DIFFER_MS = 60_000;

function isWithin(start: string, until: string | null): boolean {
  const now = Date.now();
  return instantMs(start) <= now + CLOCKS_DIFFER_MS && (until === null || instantMs(until) > now);
}
