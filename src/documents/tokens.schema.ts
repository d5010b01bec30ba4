import * as z from 'zod';
import { id, instant, satisfied } from './schema-parts.ts';
import type { tokenCreatedDocument, tokenRevokedDocument, tokensDocument } from './tokens.ts';

export const TOKEN_CREATED = z.strictObject({
  id,
  token: z.string().describe('shown this once; the database has its hash'),
  until: instant.nullable().describe('null for one without an end'),
});
satisfied<typeof tokenCreatedDocument, typeof TOKEN_CREATED>();

export const TOKENS = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        id,
        user: z.string().describe('login of the account'),
        scope: z.enum(['read', 'maintain']),
        start: instant,
        until: instant.nullable(),
        valid: z.boolean().describe('whether somebody can log in with it now'),
      }),
    )
    .describe('newest first'),
});
satisfied<typeof tokensDocument, typeof TOKENS>();

export const TOKEN_REVOKED = z.strictObject({ revoked: z.literal(true) });
satisfied<typeof tokenRevokedDocument, typeof TOKEN_REVOKED>();
