import * as z from 'zod';
import type { failureDocument } from '../../documents/index.ts';

export const RUN = z.strictObject({
  id: z.uuid(),
  command: z.string().describe('as in the terminal'),
  by: z.string().describe('who started it'),
  state: z.enum(['running', 'done', 'interrupted', 'time budget', 'failed']),
  stopping: z.boolean().describe('it was told to stop, and ends after the current step'),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
  progress: z
    .strictObject({
      activity: z.string(),
      done: z.number(),
      expected: z.number().describe('an estimate'),
      unit: z.enum(['rows', 'bytes', 'tables', 'percent', 'checks']),
    })
    .nullable(),
  notices: z
    .array(z.strictObject({ at: z.iso.datetime(), kind: z.string(), text: z.string() }))
    .describe('the last hundred, as why it waits'),
  result: z.unknown().describe("the command's document, when it is over; null before"),
  plan: z
    .uuid()
    .nullable()
    .describe(
      'of a run with dry_run: by which what it has planned can be carried out; null where that cannot be',
    ),
  error: z.strictObject({ code: z.string(), message: z.string(), next: z.string() }).nullable(),
  needs_confirmation: z.array(
    z.strictObject({ kind: z.string(), confirmed_by: z.string(), message: z.string() }),
  ),
});

export const RUNS = z.strictObject({
  runs: z.array(RUN).describe('newest first, since the server was started'),
});

export type RunDocument = z.infer<typeof RUN> & { error: ReturnType<typeof failureDocument>['error'] | null };
