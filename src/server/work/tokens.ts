/** Who may enter. A token itself is never in an answer: it is made in the terminal. */
import * as z from 'zod';
import { tokenRevokedDocument, tokensDocument } from '../../documents/index.ts';
import { bearerOf, listTokens, requireOurDatabase, revokeToken } from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { ADMISSION, work } from './contract.ts';

const HASHED = z.strictObject({ hash: z.string().regex(/^[0-9a-f]{64}$/) });

export const TOKENS = {
  'GET token:list': work('inspect', inputs.NOTHING, async (context) => ({
    document: tokensDocument(await listTokens(context)),
  })),
  'POST token:revoke': work('change', inputs.REVOKE, async (context, { token }) => {
    await revokeToken(context, token);
    return { document: tokenRevokedDocument() };
  }),
  [ADMISSION]: work('inspect', HASHED, async (context, { hash }) => {
    await requireOurDatabase(context);
    return { document: await bearerOf(context, hash) };
  }),
};
