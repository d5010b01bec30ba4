import * as z from 'zod';
import type {
  archiveRestoreDocument,
  plannedArchiveRestoreDocument,
  plannedRollbackRestoreDocument,
  rollbackRestoreDocument,
} from './restores.ts';
import { CONFIRMATIONS, count, id, SOURCE, satisfied, TABLE_ROWS } from './schema-parts.ts';

const COUNTS = {
  rows: count,
  restored: count,
  present: count.describe('existed already, as they were saved'),
  conflicts: count.describe('left out'),
  conflict_keys: z.array(z.string()).describe('the first of them'),
  conflict_reasons: z.array(z.string()).describe('in the same order'),
};

export const PLANNED_ARCHIVE_RESTORE = z.strictObject({
  dry_run: z.literal(true),
  archive: z.string(),
  source: SOURCE,
  differences: z.array(z.string()).describe('what tells its installation from this one'),
  missing_jobs: z.array(id).describe('jobs that were asked for and are not in it'),
  left_out_columns: z.array(z.string()).describe('the tables no longer have them'),
  tables: z.array(TABLE_ROWS),
  needs_confirmation: CONFIRMATIONS,
});
satisfied<typeof plannedArchiveRestoreDocument, typeof PLANNED_ARCHIVE_RESTORE>();

export const ARCHIVE_RESTORED = z.strictObject({
  dry_run: z.literal(false),
  tables: z.array(z.strictObject({ table_name: z.string(), ...COUNTS })),
});
satisfied<typeof archiveRestoreDocument, typeof ARCHIVE_RESTORED>();

const PART = {
  table: z.string(),
  column: z.string().nullable().describe('null for a whole table'),
  rows: count,
};

export const PLANNED_ROLLBACK_RESTORE = z.strictObject({
  dry_run: z.literal(true),
  file: z.string(),
  created: z.iso.datetime(),
  program_version: z.string(),
  source: SOURCE,
  differences: z.array(z.string()).describe('what tells its installation from this one'),
  parts: z.array(z.strictObject(PART)),
  needs_confirmation: CONFIRMATIONS,
});
satisfied<typeof plannedRollbackRestoreDocument, typeof PLANNED_ROLLBACK_RESTORE>();

export const ROLLBACK_RESTORED = z.strictObject({
  dry_run: z.literal(false),
  parts: z.array(z.strictObject({ ...PART, ...COUNTS })),
});
satisfied<typeof rollbackRestoreDocument, typeof ROLLBACK_RESTORED>();
