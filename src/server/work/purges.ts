/** Purges: by rules, by the policies, or by a plan that somebody has read. */
import { plannedPurgeDocument, purgeDocument } from '../../documents/index.ts';
import {
  DEFAULT_GUARD,
  type PlannedPurge,
  type PruneRules,
  type PurgeGuard,
  planPrune,
  planRetention,
  runPurge,
} from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { requireArchive } from './archive-target.ts';
import { confirmedOf } from './confirmed.ts';
import { type Done, type WorkContext, work } from './contract.ts';

export const PURGES = {
  'GET prune': work('inspect', inputs.PRUNE, async (context, input) =>
    planned(await planPrune(context, rulesOf(input), guardOf(input))),
  ),
  'POST prune': work('change', inputs.RUN_PRUNE, async (context, input) =>
    carriedOut(context, context.kept ?? (await planPrune(context, rulesOf(input), guardOf(input))), input),
  ),
  'GET retention:run': work('inspect', inputs.RETENTION, async (context, input) =>
    planned(await planRetention(context, guardOf(input))),
  ),
  'POST retention:run': work('change', inputs.RUN_RETENTION, async (context, input) =>
    carriedOut(context, context.kept ?? (await planRetention(context, guardOf(input))), input),
  ),
};

function planned(plan: PlannedPurge): Done {
  return { document: plannedPurgeDocument(plan, null), kept: plan };
}

interface PurgeInput {
  readonly confirmed: Parameters<typeof confirmedOf>[0];
  readonly archive: boolean;
  readonly time_budget?: number | undefined;
  readonly max_lag?: number | undefined;
  readonly reclaim: boolean;
}

async function carriedOut(context: WorkContext, plan: PlannedPurge, input: PurgeInput): Promise<Done> {
  // A policy may want an archive though nobody has asked for one here.
  const archive = requireArchive(context.settings, input.archive);
  const outcome = await runPurge(context, plan, {
    confirmed: confirmedOf(input.confirmed),
    waitMs: 0,
    timeBudgetMs: input.time_budget,
    archive,
    lag: input.max_lag === undefined ? undefined : { maxLagMs: input.max_lag, replicas: [] },
    reclaim: input.reclaim,
  });
  return { document: purgeDocument(outcome, context.write), ended: outcome.result.stopped ?? 'done' };
}

function guardOf(input: {
  readonly guard?: number | undefined;
  readonly archive: boolean;
  readonly skip_oversized?: boolean;
}): PurgeGuard {
  return {
    percent: input.guard ?? DEFAULT_GUARD,
    skipOversized: input.skip_oversized ?? false,
    archiveAll: input.archive,
  };
}

function rulesOf(input: ReturnType<typeof inputs.PRUNE.parse>): PruneRules {
  return {
    logs: input.logs,
    jobs: input.jobs,
    keep: input.keep ?? null,
    keepPerTemplate: input.keep_per_template ?? null,
    keepLastSuccess: input.keep_last_success,
    olderThan: input.older_than ?? null,
    statuses: input.status ?? null,
    company: input.company ?? null,
  };
}
