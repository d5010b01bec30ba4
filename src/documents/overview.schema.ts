import * as z from 'zod';
import type { dismissedDocument, overviewDocument, undismissedDocument } from './overview.ts';
import { satisfied } from './schema-parts.ts';

const FINDING = z.strictObject({
  id: z.string().describe('stable, for scripts and for status:dismiss'),
  level: z.enum(['ok', 'warn', 'fail', 'unknown']),
  sentence: z.string(),
  next: z.string().nullable().describe('what to do; null where nothing has to be done'),
  measure: z.number().nullable().describe('how much it is, in a unit of its own'),
  dismissed: z.string().nullable().describe('the reason why somebody accepted it; null where nobody has'),
});

export const OVERVIEW = z.strictObject({
  well: z.boolean().describe('false: something fails that nobody has dismissed; then the exit status is 1'),
  findings: z.array(FINDING),
});
satisfied<typeof overviewDocument, typeof OVERVIEW>();

export const DISMISSED = z.strictObject({ dismissed: FINDING });
satisfied<typeof dismissedDocument, typeof DISMISSED>();

export const UNDISMISSED = z.strictObject({ id: z.string(), was_dismissed: z.boolean() });
satisfied<typeof undismissedDocument, typeof UNDISMISSED>();
