/** Tokens of the console. Only the document of a new one has the token itself. */
import type { CreatedToken, ListedToken } from '../tasks/index.ts';

export function tokenCreatedDocument({ id, token, until }: CreatedToken) {
  return { id, token, until };
}

export function tokensDocument(tokens: readonly ListedToken[]) {
  return {
    tokens: tokens.map(({ id, user, scope, start, until, valid }) => ({
      id,
      user,
      scope,
      start,
      until,
      valid,
    })),
  };
}

export function tokenRevokedDocument() {
  return { revoked: true as const };
}
