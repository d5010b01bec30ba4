import * as z from 'zod';
import type {
  cycleDocument,
  dutiesDocument,
  housekeeperHistoryDocument,
  housekeeperStatusDocument,
} from './housekeeper.ts';
import { BACKLOG } from './purge.schema.ts';
import { bytes, count, ERROR, milliseconds, satisfied } from './schema-parts.ts';

const instant = z.iso.datetime().describe('UTC');
const OUTCOME = z.enum(['done', 'time budget', 'interrupted', 'failed']);

export const CYCLE = z.strictObject({
  dry_run: z.boolean().describe('true: nothing was changed, the steps are what would be done'),
  started_at: instant,
  milliseconds,
  interrupted: z.boolean(),
  failed: z.array(z.string()).describe('duties that failed; then the exit status is 1'),
  behind: z.array(z.string()).describe('duties that have run out of time for more than a day; exit status 1'),
  duties: z.array(
    z.strictObject({
      duty: z.string(),
      outcome: z.enum([...OUTCOME.options, 'skipped']),
      skipped_because: z.enum(['settings', 'window', 'interrupted', 'time budget']).nullable(),
      steps: z.array(
        z.strictObject({
          action: z.enum(['record', 'analyze', 'correct', 'delete', 'reclaim', 'report']),
          what: z.string().describe('in the singular, as in log entry'),
          count,
          detail: z.string().nullable(),
        }),
      ),
      rows: count.describe('the counts of all steps'),
      bytes: bytes.nullable().describe('given back or removed; null where that is not known'),
      backlog: count.nullable().describe('rows left for the next cycle; null where that is not known'),
      milliseconds,
      error: ERROR.nullable(),
      note: z.string().nullable(),
    }),
  ),
});
satisfied<typeof cycleDocument, typeof CYCLE>();

export const HOUSEKEEPER_STATUS = z.strictObject({
  healthy: z.boolean().describe('false: the exit status is 1'),
  problems: z.array(
    z.strictObject({
      kind: z.enum(['never-ran', 'overdue', 'failing', 'behind', 'left-out']),
      duty: z.string().nullable(),
      since: instant.nullable(),
      error: z.string().nullable(),
    }),
  ),
  lease: z
    .strictObject({
      held: z.boolean().describe('true while a housekeeper is running'),
      released: z.boolean(),
      term: z.string().regex(/^\d+$/),
      program: z.string(),
      host: z.string(),
      pid: count,
      since: z.string(),
      renewed_at: z.string(),
    })
    .nullable(),
  last_run: z
    .strictObject({
      ended_at: instant,
      succeeded_at: instant.nullable(),
      outcome: OUTCOME,
      milliseconds,
      consecutive_failures: count,
      rows: count.nullable(),
    })
    .nullable(),
  next_run_due_at: instant.nullable(),
  duties: z.array(
    z.strictObject({
      duty: z.string(),
      skipped_by_settings: z.boolean(),
      last_end_at: instant.nullable().describe('null where it has never run'),
      last_success_at: instant.nullable(),
      outcome: OUTCOME.nullable(),
      consecutive_failures: count,
      behind: z.boolean(),
      rows: count.nullable(),
      bytes: bytes.nullable(),
      backlog: count.nullable(),
      milliseconds: milliseconds.nullable(),
      error: z.string().nullable(),
      note: z.string().nullable(),
      forecast: BACKLOG.nullable(),
    }),
  ),
});
satisfied<typeof housekeeperStatusDocument, typeof HOUSEKEEPER_STATUS>();

export const HOUSEKEEPER_HISTORY = z.strictObject({
  runs: z.array(
    z.strictObject({
      id: count,
      duty: z.string(),
      started_at: instant,
      finished_at: instant.nullable().describe('null while it runs, and for one that was killed'),
      outcome: z.enum([...OUTCOME.options, 'running']),
      rows: count,
      bytes: bytes.nullable(),
      error: z.string().nullable(),
      note: z.string().nullable(),
      runs: count.describe('how many runs without work share the row'),
      host: z.string(),
    }),
  ),
});
satisfied<typeof housekeeperHistoryDocument, typeof HOUSEKEEPER_HISTORY>();

export const DUTIES = z.strictObject({
  duties: z.array(
    z.strictObject({
      duty: z.string(),
      summary: z.string(),
      deletes: z.boolean(),
      settings: z.array(z.string()),
      skipped_by_settings: z.boolean(),
    }),
  ),
});
satisfied<typeof dutiesDocument, typeof DUTIES>();
