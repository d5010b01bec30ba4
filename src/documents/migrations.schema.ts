import * as z from 'zod';
import type {
  breakpointsDocument,
  migrationsDocument,
  plannedMigrationsDocument,
  statusDocument,
} from './migrations.ts';
import { bytes, count, instant, milliseconds, satisfied, version } from './schema-parts.ts';

export const STATUS = z.strictObject({
  pending_count: count,
  missing_count: count.describe('migrations of the ledger that this program does not have'),
  total_count: count,
  changed_count: count.describe('applied migrations whose steps have changed since'),
  newer_than_program: z.boolean(),
  database_kind: z.enum(['ours', 'empty', 'php-edition', 'foreign']),
  migrations: z.array(
    z.strictObject({
      migration_status: z.enum(['up', 'down']),
      migration_id: version,
      migration_name: z.string(),
      state: z.enum(['up', 'down', 'running', 'failed']).describe('migration_status is down for all but up'),
      direction: z.enum(['up', 'down']).nullable().describe('of the last run of it'),
      steps_done: count.nullable().describe('null unless it was interrupted'),
      steps_total: count.nullable(),
      started: instant.nullable(),
      finished: instant.nullable(),
      breakpoint: z.boolean(),
      missing: z.boolean(),
      changed_at_step: count.nullable(),
      out_of_order: z.boolean().describe('pending, while a newer one is applied'),
      error: z.string().nullable(),
    }),
  ),
});
satisfied<typeof statusDocument, typeof STATUS>();

export const PLANNED_MIGRATIONS = z.strictObject({
  dry_run: z.literal(true),
  direction: z.enum(['up', 'down']),
  migrations: z.array(
    z.strictObject({
      migration_id: version,
      migration_name: z.string(),
      out_of_order: z.boolean(),
      steps_done: count.describe('steps that an interrupted run has done'),
      statements: z.array(
        z.strictObject({
          summary: z.string(),
          sql: z.string(),
          session: z
            .strictObject({ before: z.string(), after: z.string(), while_empty: z.string() })
            .nullable()
            .describe('statements that are run around it on the same session'),
          table_name: z.string(),
          blocks: z.enum(['nothing', 'writes', 'everything']).describe('what others cannot do meanwhile'),
          work: z.enum(['a moment', 'reads all rows', 'rewrites all rows']),
          rows: count.describe('of the table, by the statistics'),
          bytes,
        }),
      ),
    }),
  ),
  losses: z
    .array(z.strictObject({ table: z.string(), column: z.string().nullable(), values: count, bytes }))
    .describe('what would be destroyed; column is null for a whole table'),
  confirm: z.string().nullable().describe('the token that confirms exactly these losses'),
  accepted: z.array(version).describe('changed migrations whose steps would be recorded'),
});
satisfied<typeof plannedMigrationsDocument, typeof PLANNED_MIGRATIONS>();

export const MIGRATIONS = z.strictObject({
  migrations: z.array(z.strictObject({ migration_id: version, migration_name: z.string(), milliseconds })),
  accepted: z.array(version).describe('changed migrations whose steps were recorded'),
  backup: z.string().nullable().describe('the file with what was destroyed; null where there is none'),
});
satisfied<typeof migrationsDocument, typeof MIGRATIONS>();

export const BREAKPOINTS = z.strictObject({
  breakpoints: z.array(
    z.strictObject({ migration_id: version, migration_name: z.string(), breakpoint: z.boolean() }),
  ),
});
satisfied<typeof breakpointsDocument, typeof BREAKPOINTS>();
