/** Keeps a record of how big the tables are, so that growth can be seen and foretold. */

import * as z from 'zod/mini';
import { instantMs } from '../../engines/index.ts';
import {
  deleteSamples,
  planThinning,
  recordSample,
  type Sampled,
  sampleSpan,
  type Thinning,
  takeSample,
} from '../../maintenance/index.ts';
import type { Duty, DutyContext, DutyPlan, DutyStep } from './duty.ts';

/** Less than an hour: a timer is not always on the second. */
const BETWEEN_MS = 50 * 60_000;

const POSITION = z.object({ day: z.nullable(z.string().check(z.regex(/^\d{4}-\d\d-\d\d$/))) });

export const sizeSamples: Duty = {
  name: 'size-samples',
  summary:
    'records the sizes of the tables once an hour, and keeps one sample a day of those older than 14 days',
  deletes: false,
  settings: [],
  plan: planSamples,
};

async function planSamples(context: DutyContext): Promise<DutyPlan> {
  const { engine, now } = context;
  const parsed = POSITION.safeParse(context.position);
  const from = parsed.success ? parsed.data.day : null;
  const span = await sampleSpan(engine, now);
  if (span.newest !== null && now - instantMs(span.newest) < BETWEEN_MS)
    return { steps: [], position: { day: from }, run: async () => nothing(from) };
  const sampled = await takeSample(engine);
  const thinning = await planThinning(engine, span, now, from);
  return {
    steps: stepsOf(sampled.samples.length, thinning.ids.length),
    note: noteOf(sampled),
    run: () => carryOut(context, sampled, thinning, from),
  };
}

/** A table that somebody holds now is in the next sample; none of this is a failure. */
function noteOf({ leftOut }: Sampled): string | undefined {
  const named = (why: string) => leftOut.filter((table) => table.why === why).map(({ name }) => name);
  const [busy, costly] = [named('busy'), named('costly')];
  const notes = [
    ...(busy.length > 0
      ? [`Left out, because another session holds or waits for them exclusively: ${namesOf(busy)}.`]
      : []),
    ...(costly.length > 0
      ? [`Left out, because only reading all of them would tell their size: ${namesOf(costly)}.`]
      : []),
  ];
  return notes.length > 0 ? notes.join(' ') : undefined;
}

/** A database of others may have thousands. */
const MOST_NAMES = 10;

function namesOf(tables: readonly string[]): string {
  const more = tables.length - MOST_NAMES;
  return tables.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

async function carryOut(
  { engine, fence, signal, now }: DutyContext,
  sampled: Sampled,
  { ids, day }: Thinning,
  from: string | null,
) {
  const fenced = { fence, signal };
  await recordSample(engine, fenced, sampled.samples, now);
  const deleted = await deleteSamples(engine, fenced, ids);
  const done = !signal?.aborted;
  return {
    steps: stepsOf(sampled.samples.length, deleted),
    bytes: null,
    backlog: ids.length - deleted,
    position: { day: done ? day : from },
    stopped: done ? null : ('interrupted' as const),
    note: noteOf(sampled),
  };
}

function stepsOf(recorded: number, deleted: number): DutyStep[] {
  const steps: DutyStep[] = [{ action: 'record', what: 'size sample', count: recorded, detail: null }];
  if (deleted > 0)
    steps.push({
      action: 'delete',
      what: 'size sample',
      count: deleted,
      detail: 'one a day is kept of those older than 14 days, none older than two years',
    });
  return steps;
}

function nothing(day: string | null) {
  return { steps: [], bytes: null, backlog: 0, position: { day }, stopped: null };
}
