import * as z from 'zod';
import type { plannedPurgeDocument, purgeDocument } from './purge.ts';
import {
  bytes,
  CONFIRMATIONS,
  count,
  id,
  instant,
  milliseconds,
  satisfied,
  TABLE_ROWS,
} from './schema-parts.ts';
import { SPACE_AFTER_PURGE } from './space.schema.ts';

const OVERSIZED = z
  .array(z.strictObject({ company: z.string().nullable().describe('null for all companies'), jobs: count }))
  .describe('left out, as more would be deleted than the guard allows');

export const PLANNED_PURGE = z.strictObject({
  dry_run: z.literal(true),
  made: instant,
  plan_file: z.string().nullable().describe('where the plan was saved'),
  tables: z.array(
    z.strictObject({
      table_name: z.string(),
      rows: count.describe('would be deleted, those with their job included'),
      with_their_job: count,
      bytes_estimate: bytes.nullable(),
    }),
  ),
  companies: z
    .array(
      z.strictObject({ company_id: id, slug: z.string(), jobs: count, oldest: instant, newest: instant }),
    )
    .describe('jobs that would be deleted, by company'),
  dependents: z
    .array(
      z.strictObject({
        table_name: z.string(),
        columns: z.array(z.string()),
        refers_to: z.string(),
        on_delete: z.string(),
        effect: z.enum(['deleted', 'unlinked', 'keep']).describe('keep: what it refers to is not deleted'),
        rows: count,
      }),
    )
    .describe('rows of tables that are not ours and depend on rows that would be deleted'),
  hooks: z
    .array(z.strictObject({ kind: z.enum(['trigger', 'rule']), table_name: z.string(), name: z.string() }))
    .describe('what they do when rows are deleted is not known'),
  oversized: OVERSIZED,
  needs_confirmation: CONFIRMATIONS,
});
satisfied<typeof plannedPurgeDocument, typeof PLANNED_PURGE>();

export const BACKLOG = z.strictObject({
  rows_left: count,
  grows_per_hour: count.nullable().describe('rows that become due; null until it is known'),
  deleted_per_hour: count.nullable(),
  gone_at: z.iso.datetime().nullable().describe('null where that is not known, or never'),
  grows: z.boolean().nullable(),
});

export const PURGED = z.strictObject({
  dry_run: z.literal(false),
  stopped: z.enum(['interrupted', 'time budget']).nullable().describe('null at its end'),
  milliseconds,
  chunks: count,
  longest_chunk_milliseconds: milliseconds,
  waited_for_replicas_milliseconds: milliseconds,
  waits: z
    .array(
      z.strictObject({
        reason: z
          .enum(['replica', 'lock-waiters', 'undo-backlog', 'paused'])
          .describe(
            'lock-waiters: other sessions waited for our locks; undo-backlog: the server keeps old versions of rows for a reader',
          ),
        milliseconds,
      }),
    )
    .describe('how long it gave way to others, by reason; empty where it never did'),
  reconnections: count,
  archive: z
    .strictObject({ archive: z.string(), bytes, tables: z.array(TABLE_ROWS) })
    .nullable()
    .describe('null where nothing was archived'),
  tables: z.array(TABLE_ROWS).describe('rows that were deleted'),
  dependents: z.array(TABLE_ROWS).describe('rows of other tables that were deleted or lost their link'),
  skipped: z.strictObject({
    rows: count,
    named: z
      .array(z.strictObject({ table_name: z.string(), id, reason: z.string() }))
      .describe('the first hundred'),
  }),
  oversized: OVERSIZED,
  backlog: BACKLOG,
  space: SPACE_AFTER_PURGE,
});
satisfied<typeof purgeDocument, typeof PURGED>();
