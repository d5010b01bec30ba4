import * as z from 'zod';
import { bytes, count, id, instant, satisfied } from './schema-parts.ts';
import type { sizeDocument } from './size.ts';

const share = z.number().nonnegative().describe('from 0 to 1');
const UNMEASURED = z.array(
  z.strictObject({
    table_name: z.string(),
    reason: z
      .enum(['busy', 'costly'])
      .describe(
        'busy: another session holds or waits for the table exclusively; costly: only reading all of it would tell',
      ),
  }),
);
const REACH = z
  .strictObject({
    earliest: instant.nullable().describe('null: not within ten years'),
    latest: instant.nullable(),
  })
  .nullable()
  .describe('null: unknown');
const GROWTH_OF = z.strictObject({
  bytes: bytes.nullable(),
  changes: z.array(
    z.strictObject({
      days: count,
      bytes: z.int().nullable().describe('null: unknown, as a sample is missing'),
      rows: z.int().nullable(),
    }),
  ),
  daily_bytes: z.array(bytes.nullable()).describe('of the last 30 days, oldest first; null without a sample'),
  rate: z
    .strictObject({
      bytes_per_day: z.int(),
      low: z.int().describe('a tenth of the rates between two samples are lower'),
      high: z.int().describe('a tenth of them are higher'),
      samples: count,
      days: count,
    })
    .nullable()
    .describe('null with too few samples'),
  doubles: REACH,
});

export const SIZE = z.strictObject({
  product: z.string(),
  total_bytes: bytes,
  free_bytes: bytes.nullable().describe('null where the engine does not know'),
  free_is: z.enum(['exact', 'at least', 'estimate']),
  disk_free_bytes: bytes.nullable().describe('null where this machine cannot know'),
  files: z.array(z.strictObject({ path: z.string(), bytes })).describe('none where a server has them'),
  tables: z.array(
    z.strictObject({
      table_name: z.string(),
      rows: count,
      rows_exact: z.boolean().describe('false for an estimate'),
      data_bytes: bytes,
      index_bytes: bytes,
      overflow_bytes: bytes
        .nullable()
        .describe('long values outside of their rows; null: part of data_bytes'),
      total_bytes: bytes,
      bytes_exact: z.boolean().describe('false for an estimate from a sample of rows'),
      share,
      free_bytes: bytes.nullable(),
    }),
  ),
  unmeasured: UNMEASURED,
  notes: z.array(z.string()),
  growth: z
    .strictObject({
      oldest_sample: instant.nullable(),
      newest_sample: instant.nullable(),
      database: GROWTH_OF,
      year_bytes: z
        .array(bytes.nullable())
        .describe('of the database on the last 365 days, oldest first; null without a sample'),
      tables: z.array(z.strictObject({ table_name: z.string(), ...GROWTH_OF.shape })),
      disk_full: REACH,
      disk_full_unknown: z.enum(['disk unseen', 'few samples']).nullable(),
    })
    .nullable()
    .describe('null without samples'),
  shares: z
    .strictObject({
      by: z.enum(['company', 'template']),
      days: count,
      more: z.boolean().describe('whether there are more owners than are looked at'),
      owners: z.array(
        z.strictObject({
          id: id.nullable().describe('null for what belongs to none'),
          name: z.string().nullable(),
          jobs: count,
          log_entries: count.nullable().describe('null by run template'),
          artifact_bytes_per_job: bytes.nullable().describe('from some of its jobs; null where not measured'),
          bytes: bytes.describe('an estimate'),
          share,
        }),
      ),
    })
    .nullable()
    .describe('null unless it was asked for'),
  sampled: z
    .strictObject({ tables: count, left_out: UNMEASURED })
    .nullable()
    .describe('null unless a sample was asked for'),
});
satisfied<typeof sizeDocument, typeof SIZE>();
