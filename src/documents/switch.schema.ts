import * as z from 'zod';
import { bytes, CONFIRMATIONS, count, satisfied } from './schema-parts.ts';
import type { plannedSwitchDocument, switchDocument, switchStateDocument } from './switch.ts';

const seconds = z.number().nonnegative();

const DATABASE = z.strictObject({ where: z.string(), product: z.string() });

const RECEIPT = z.strictObject({
  at: z.iso.datetime(),
  tables: z.array(
    z.strictObject({
      table_name: z.string(),
      rows: count,
      digest: z.string().regex(/^[0-9a-f]{32}$/),
      largest_id: z.string().nullable(),
    }),
  ),
});

export const PLANNED_SWITCH = z.union([
  z.strictObject({
    dry_run: z.literal(true),
    already: z.literal(true).describe('the settings name that database already'),
  }),
  z.strictObject({
    dry_run: z.literal(true),
    already: z.literal(false),
    from: DATABASE,
    to: DATABASE,
    settings_file: z.string().describe('the file in which the settings are replaced'),
    continues: z.boolean().describe('a run that was interrupted'),
    returns: z.boolean().describe('to the database that was used before'),
    rows: count,
    bytes: bytes.describe('of the values of all rows'),
    copy_seconds: seconds.describe('an estimate of the copy, while the platform runs'),
    stop_seconds: seconds.describe("an estimate of how long the platform's writes wait"),
    problems: z.array(z.string()).describe('what has to be corrected first'),
    next: z.string().nullable().describe('how it is corrected'),
    notes: z.array(z.string()),
    needs_confirmation: CONFIRMATIONS,
  }),
]);
satisfied<typeof plannedSwitchDocument, typeof PLANNED_SWITCH>();

export const SWITCHED = z.strictObject({
  dry_run: z.literal(false),
  already: z.boolean().describe('an earlier run had replaced the settings'),
  from: z.string(),
  to: z.string(),
  rows: count,
  rows_copied: count.describe('that this run inserted, updated or deleted in the target'),
  stopped_seconds: seconds.describe("how long the platform's writes waited"),
  saved_settings: z.string().describe('the file with the settings as they were'),
  receipt: RECEIPT,
});
satisfied<typeof switchDocument, typeof SWITCHED>();

export const SWITCH_STATE = z.strictObject({
  settings_file: z.string().nullable().describe('null: the settings are in no file, and cannot be replaced'),
  problem: z.string().nullable().describe('why the settings cannot be replaced; null where they can'),
  env_files: z.array(z.string()).describe('names of other settings files beside it'),
  can_return: z.boolean().describe('whether there is a database to return to'),
  last: z
    .strictObject({
      begun: z.iso.datetime(),
      phase: z
        .enum(['copying', 'replacing', 'switched'])
        .describe('replacing: the copy was verified, and the settings were about to be replaced'),
      returns: z.boolean().describe('to the database that was used before'),
      from: DATABASE,
      to: DATABASE,
      saved_settings: z.string(),
      receipt: RECEIPT.nullable(),
    })
    .nullable()
    .describe('the change that was begun last; null for none'),
});
satisfied<typeof switchStateDocument, typeof SWITCH_STATE>();
