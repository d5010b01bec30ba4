import * as z from 'zod';
import { count, satisfied } from './schema-parts.ts';
import type { verificationDocument } from './verification.ts';

export const VERIFICATION = z.strictObject({
  difference_count: count,
  differences: z.array(
    z.strictObject({
      kind: z.enum(['missing', 'extra', 'different']),
      what: z.enum(['table', 'column', 'primary key', 'index', 'foreign key', 'storage', 'comment', 'check']),
      table_name: z.string(),
      name: z.string().nullable().describe('of the column, index or key; null for the table itself'),
      expected: z.string().nullable(),
      found: z.string().nullable(),
      fix: z.array(z.string()).describe('statements; none where existing data may be affected'),
    }),
  ),
  left_out: z
    .array(z.strictObject({ table_name: z.string(), reason: z.string() }))
    .describe('tables that are not compared'),
  outside_references: z
    .array(
      z.strictObject({
        schema_name: z.string().nullable(),
        table_name: z.string(),
        columns: z.array(z.string()),
        target_table_name: z.string(),
        target_columns: z.array(z.string()),
        on_delete: z.string(),
      }),
    )
    .describe('foreign keys of other tables to ours'),
});
satisfied<typeof verificationDocument, typeof VERIFICATION>();
