import * as z from 'zod';
import type {
  explanationDocument,
  holdDocument,
  holdReleasedDocument,
  policyRemovedDocument,
  policySetDocument,
  retentionDocument,
} from './retention.ts';
import { count, id, instant, satisfied } from './schema-parts.ts';

export const RETENTION = z.strictObject({
  policies: z.array(
    z.strictObject({
      id,
      subject: z.enum(['job', 'logger', 'token', 'history']),
      company_id: id.nullable().describe('null for all companies'),
      run_template_id: id.nullable(),
      max_age_days: count.nullable(),
      keep_last: count.nullable(),
      keep_last_success: z.boolean(),
      archive: z.boolean().describe('rows are archived before they are deleted'),
      enabled: z.boolean(),
      note: z.string().nullable(),
    }),
  ),
  holds: z.array(
    z.strictObject({
      id,
      job_id: id.nullable().describe('one of the three is not null'),
      run_template_id: id.nullable(),
      company_id: id.nullable(),
      until: instant.nullable().describe('null for as long as it is not released'),
      over: z.boolean(),
      reason: z.string(),
      since: instant,
    }),
  ),
});
satisfied<typeof retentionDocument, typeof RETENTION>();

export const POLICY_SET = z.strictObject({ policy_id: id });
satisfied<typeof policySetDocument, typeof POLICY_SET>();

export const POLICY_REMOVED = z.strictObject({ removed: z.literal(true) });
satisfied<typeof policyRemovedDocument, typeof POLICY_REMOVED>();

export const HOLD = z.strictObject({ held: z.literal(true), until: instant.nullable() });
satisfied<typeof holdDocument, typeof HOLD>();

export const HOLD_RELEASED = z.strictObject({ released: z.literal(true) });
satisfied<typeof holdReleasedDocument, typeof HOLD_RELEASED>();

export const EXPLANATION = z.strictObject({
  job_id: id,
  status: z.string(),
  created: instant,
  company_id: id,
  run_template_id: id.nullable(),
  policy_id: id.nullable().describe('the policy in force; null for none'),
  goes: z.boolean().describe('whether the next run deletes it'),
  ages_out: instant.nullable().describe('from when on its age lets it be deleted'),
  reasons: z.array(z.string()),
});
satisfied<typeof explanationDocument, typeof EXPLANATION>();
