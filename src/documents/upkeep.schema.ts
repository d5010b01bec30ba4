import * as z from 'zod';
import { bytes, CONFIRMATIONS, count, instant, milliseconds, satisfied } from './schema-parts.ts';
import { PLANNED_RECLAIM, RECLAIMED } from './space.schema.ts';
import type {
  analyzeDocument,
  optimizeDocument,
  plannedAnalyzeDocument,
  plannedOptimizeDocument,
  plannedVacuumDocument,
  vacuumDocument,
} from './upkeep.ts';

const ANALYSES = z.array(
  z.strictObject({
    table_name: z.string(),
    changes: count.nullable().describe('rows changed since; null where the engine does not count them'),
    threshold: count.nullable().describe('with more of them the engine itself would do it'),
    analyzed_at: instant.nullable().describe('null where that is not known, or never'),
    statistics: z
      .enum(['changed', 'never', 'samples', 'fresh', 'unknown'])
      .describe('samples: by its size then and now, as the counters say nothing'),
    reason: z.string(),
    analyze: z.boolean().describe('whether it is done'),
  }),
);

export const PLANNED_ANALYZE = z.strictObject({ dry_run: z.literal(true), tables: ANALYSES });
satisfied<typeof plannedAnalyzeDocument, typeof PLANNED_ANALYZE>();

export const ANALYZED = z.strictObject({
  dry_run: z.literal(false),
  tables: ANALYSES,
  analyzed: z.array(z.strictObject({ table_name: z.string(), milliseconds })),
});
satisfied<typeof analyzeDocument, typeof ANALYZED>();

const VACUUM = {
  tables: z.array(z.string()).describe('those that it is about; on SQLite it is always the whole file'),
  does_it_itself: z.boolean().describe('the server frees deleted rows by itself: there is nothing to do'),
  backlog: z
    .strictObject({
      transactions: count.describe('whose old versions of rows are kept'),
      oldest_reader: z
        .string()
        .nullable()
        .describe('who keeps them; null where nobody does, or it is not shown'),
      open_seconds: count.nullable().describe('for how long'),
    })
    .nullable()
    .describe('what it still has to free; null where that is not known, or left to VACUUM'),
};

export const PLANNED_VACUUM = z.strictObject({ ...PLANNED_RECLAIM.shape, ...VACUUM });
satisfied<typeof plannedVacuumDocument, typeof PLANNED_VACUUM>();

export const VACUUMED = z.strictObject({ ...RECLAIMED.shape, ...VACUUM });
satisfied<typeof vacuumDocument, typeof VACUUMED>();

const REBUILDS = {
  where: z.string().describe('which database'),
  method: z.string().describe("the server's words, with TABLE for a table"),
  unit: z.enum(['table', 'database']),
  blocks: z.enum(['writers', 'everybody']).nullable().describe('who waits until it is done; null for nobody'),
  lock: z.string().describe('what others wait for meanwhile'),
  cluster: z.string().nullable().describe('the cluster all of whose nodes wait meanwhile'),
  notes: z.array(z.string()),
  tables: z.array(
    z.strictObject({
      table_name: z.string().nullable().describe('null for the whole database'),
      bytes,
      at_least_back_bytes: bytes.nullable().describe('null where that is not known'),
      how_known: z.string(),
      needs: z
        .array(
          z.strictObject({
            disk: z.string().describe('which one, as in: of the server'),
            bytes,
            free_bytes: bytes.nullable().describe('null where this machine cannot know'),
          }),
        )
        .describe('free disk space for the second copy'),
      expected_milliseconds: milliseconds.nullable().describe('null before the first rebuild'),
      last_rebuilt_at: instant.nullable(),
      reason: z
        .enum(['named', 'worth-it', 'too-little', 'rebuilt-before', 'unknown', 'obstacle'])
        .describe('rebuilt-before: the same figure stood there right behind the last rebuild'),
      obstacle: z.string().nullable().describe('why it cannot be rebuilt'),
      rebuild: z.boolean().describe('whether it is done'),
    }),
  ),
  confirmations: CONFIRMATIONS,
};

export const PLANNED_OPTIMIZE = z.strictObject({ dry_run: z.literal(true), ...REBUILDS });
satisfied<typeof plannedOptimizeDocument, typeof PLANNED_OPTIMIZE>();

export const OPTIMIZED = z.strictObject({
  dry_run: z.literal(false),
  ...REBUILDS,
  rebuilt: z.array(
    z.strictObject({
      table_name: z.string().nullable(),
      before_bytes: bytes,
      after_bytes: bytes,
      milliseconds,
    }),
  ),
});
satisfied<typeof optimizeDocument, typeof OPTIMIZED>();
