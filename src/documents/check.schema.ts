import * as z from 'zod';
import { CHECK_NAMES } from '../maintenance/index.ts';
import type { checkDocument } from './check.ts';
import { count, milliseconds, satisfied } from './schema-parts.ts';

const check = z.enum(CHECK_NAMES);

export const CHECK = z.strictObject({
  quick: z.boolean(),
  finding_count: count,
  findings: z.array(
    z.strictObject({
      id: z.string().describe('stable, as in `orphans:artifacts.job_id`'),
      check,
      severity: z.enum(['error', 'warning', 'note']),
      table_name: z.string().nullable(),
      message: z.string(),
      fix: z.string().nullable().describe('statements, or a command, that fix it'),
      safe_to_leave: z.string().nullable().describe('why it may be left'),
    }),
  ),
  unknown: z
    .array(
      z.strictObject({
        check,
        reason: z.string(),
        remedy: z.string().nullable().describe('the statement that would show it'),
      }),
    )
    .describe('what could not be found out'),
  checks: z.array(z.strictObject({ name: check, milliseconds })),
  server_products: z
    .array(z.strictObject({ name: z.string(), tested: z.boolean(), remark: z.string() }))
    .describe('what the server is beyond its name'),
});
satisfied<typeof checkDocument, typeof CHECK>();
