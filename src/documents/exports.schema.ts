import * as z from 'zod';
import type { exportDocument, plannedExportDocument } from './exports.ts';
import { bytes, count, id, milliseconds, satisfied } from './schema-parts.ts';

const WHAT = {
  form: z.enum(['json', 'compact']),
  file: z.string().nullable().describe('null: the standard output'),
  encrypted: z.boolean(),
  company: z
    .strictObject({ company_id: id, slug: z.string() })
    .nullable()
    .describe('whose rows; null: of all companies'),
};

export const PLANNED_EXPORT = z.strictObject({
  dry_run: z.literal(true),
  ...WHAT,
  tables: z.array(
    z.strictObject({
      table_name: z.string(),
      rows: count.nullable().describe('null: only reading all of it would tell'),
      rows_exact: z.boolean().describe('false: an estimate of the server'),
      bytes: bytes.nullable().describe('in the database'),
    }),
  ),
  added: z.array(z.string()).describe('tables that were not named, and that the named ones refer to'),
  expected_bytes: bytes.describe('what the export may take: an estimate'),
});
satisfied<typeof plannedExportDocument, typeof PLANNED_EXPORT>();

export const EXPORTED = z.strictObject({
  dry_run: z.literal(false),
  ...WHAT,
  tables: z
    .array(z.strictObject({ table_name: z.string(), rows: count, digest: z.string() }))
    .describe('as db:digest shows them; in an encrypted file digests are keyed'),
  rows: count,
  bytes: bytes.describe('of the file'),
  milliseconds,
  recorded: z.boolean().describe('whether status knows of it; false for an account that may not write'),
});
satisfied<typeof exportDocument, typeof EXPORTED>();
