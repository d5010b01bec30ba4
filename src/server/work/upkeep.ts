/** Sizes, statistics and space. */
import {
  analyzeDocument,
  optimizeDocument,
  plannedAnalyzeDocument,
  plannedOptimizeDocument,
  plannedReclaimDocument,
  plannedVacuumDocument,
  reclaimDocument,
  sizeDocument,
  vacuumDocument,
} from '../../documents/index.ts';
import {
  type OptimizeRequest,
  planAnalyze,
  planOptimize,
  planReclaim,
  planVacuum,
  REBUILD_LIMITS,
  reportSize,
  runAnalyze,
  runOptimize,
  runReclaim,
  runVacuum,
} from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { confirmedOf } from './confirmed.ts';
import { work } from './contract.ts';

const LOCK_TIMEOUT_MS = 5_000;

export const UPKEEP = {
  'GET db:size': work('inspect', inputs.SIZE, async (context, { by }) => ({
    document: sizeDocument(context.engine.product, await reportSize(context, { by })),
  })),
  'GET db:reclaim': work('inspect', inputs.NOTHING, async (context) => ({
    document: plannedReclaimDocument(await planReclaim(context), context.write),
  })),
  'POST db:reclaim': work('change', inputs.RUN_RECLAIM, async (context, { time_budget: timeBudgetMs }) => {
    const outcome = await runReclaim(context, { waitMs: 0, timeBudgetMs });
    return { document: reclaimDocument(outcome, context.write) };
  }),
  'GET db:analyze': work('inspect', inputs.ANALYZE, async (context, input) => ({
    document: plannedAnalyzeDocument(await planAnalyze(context, input)),
  })),
  'POST db:analyze': work('change', inputs.ANALYZE, async (context, input) => ({
    document: analyzeDocument(await runAnalyze(context, input)),
  })),
  'GET db:vacuum': work('inspect', inputs.TABLES, async (context, { tables }) => {
    const plan = await planVacuum(context, tables);
    return { document: plannedVacuumDocument(plan, await context.engine.freeDisk(), context.write) };
  }),
  'POST db:vacuum': work(
    'change',
    inputs.RUN_VACUUM,
    async (context, { tables, time_budget: timeBudgetMs }) => {
      const outcome = await runVacuum(context, { tables, waitMs: 0, timeBudgetMs });
      return { document: vacuumDocument(outcome, context.write) };
    },
  ),
  'GET db:optimize': work('inspect', inputs.OPTIMIZE, async (context, input) => ({
    document: plannedOptimizeDocument(await planOptimize(context, rebuildOf(input))),
  })),
  'POST db:optimize': work('change', inputs.RUN_OPTIMIZE, async (context, input) => ({
    document: optimizeDocument(
      await runOptimize(context, {
        ...rebuildOf(input),
        confirmed: confirmedOf(input.confirmed),
        lockTimeoutMs: input.lock_timeout ?? LOCK_TIMEOUT_MS,
        waitMs: 0,
      }),
    ),
  })),
};

function rebuildOf(input: {
  readonly tables?: readonly string[] | undefined;
  readonly min_share?: number | undefined;
}): OptimizeRequest {
  const minShare = input.min_share === undefined ? REBUILD_LIMITS.minShare : input.min_share / 100;
  return { tables: input.tables, limits: { ...REBUILD_LIMITS, minShare } };
}
