import * as z from 'zod';
import type { importDocument, plannedImportDocument } from './imports.ts';
import { bytes, count, milliseconds, SOURCE, satisfied } from './schema-parts.ts';

const FILE = {
  file: z.string(),
  form: z.enum(['json', 'compact']),
  encrypted: z.boolean(),
  bytes: bytes.describe('of the file'),
  created: z.string(),
  program_version: z.string(),
  source: SOURCE,
  schema_version: z.string().describe('the migration that its rows are of'),
  company: z
    .strictObject({ id: z.union([z.number(), z.string()]), name: z.string() })
    .nullable()
    .describe('whose rows; null: of all companies'),
  tables: z
    .array(z.strictObject({ table_name: z.string(), rows: count, digest: z.string() }))
    .describe('as db:digest shows them'),
  rows: count,
};
const MIGRATIONS = z
  .array(z.strictObject({ version: z.string(), name: z.string() }))
  .describe('those after the version of the file');

export const PLANNED_IMPORT = z.strictObject({
  dry_run: z.literal(true),
  ...FILE,
  target: z
    .enum(['empty', 'built', 'interrupted'])
    .describe('no tables yet, tables without rows, or an interrupted import of this file, which continues'),
  triggers: z.array(z.string()).describe('what acts in the database when rows are written'),
  migrations: MIGRATIONS,
});
satisfied<typeof plannedImportDocument, typeof PLANNED_IMPORT>();

export const IMPORTED = z.strictObject({
  dry_run: z.literal(false),
  ...FILE,
  continued: z.boolean().describe('an earlier run of it was interrupted'),
  migrations: MIGRATIONS,
  milliseconds,
});
satisfied<typeof importDocument, typeof IMPORTED>();
