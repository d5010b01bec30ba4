/** Drift and other faults. */
import { checkDocument, verificationDocument } from '../../documents/index.ts';
import { checkDatabase, verifySchema } from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { work } from './contract.ts';

/** What a single check may take. */
const CHECK_MS = 10_000;

export const CHECKS = {
  'GET db:verify': work('inspect', inputs.VERIFY, async (context, { except }) => ({
    document: verificationDocument(await verifySchema(context, except)),
  })),
  'GET db:check': work('inspect', inputs.CHECK, async (context) => ({
    document: checkDocument(await checkDatabase(context, { quick: true, timeoutMs: CHECK_MS })),
  })),
};
