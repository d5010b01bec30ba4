import * as z from 'zod';
import type { comparisonDocument, digestsDocument } from './digests.ts';
import { count, satisfied } from './schema-parts.ts';

const digest = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .describe('of all rows, whatever their order; equal for equal rows on every engine');
const SUM = z.strictObject({ rows: count, digest });
const RANGE = {
  first: z.array(z.string()).nullable().describe('the first key; null: from the beginning'),
  last: z.array(z.string()).nullable().describe('the last key; null: to the end'),
};
const LEFT_OUT = z.array(z.string()).describe('tables that are not of this schema, and were not named');

export const DIGESTS = z.strictObject({
  tables: z.array(
    z.strictObject({
      table_name: z.string(),
      rows: count,
      digest,
      ranges: z.array(z.strictObject({ ...RANGE, rows: count, digest })),
    }),
  ),
  left_out: LEFT_OUT,
});
satisfied<typeof digestsDocument, typeof DIGESTS>();

export const COMPARISON = z.strictObject({
  same: z.boolean().describe('false: exit status 7'),
  tables: z.array(
    z.strictObject({
      table_name: z.string(),
      same: z.boolean(),
      here: SUM,
      there: SUM,
      ranges: z
        .array(
          z.strictObject({
            ...RANGE,
            here: SUM,
            there: SUM,
            different_rows: count,
            rows: z
              .array(
                z.strictObject({
                  key: z.array(z.string()).describe('the values of the primary key'),
                  difference: z.enum(['differs', 'only here', 'only there']),
                }),
              )
              .describe('the first of them'),
          }),
        )
        .describe('those that differ'),
    }),
  ),
  not_comparable: z.array(z.strictObject({ table_name: z.string(), reason: z.string() })),
  left_out: LEFT_OUT,
});
satisfied<typeof comparisonDocument, typeof COMPARISON>();
