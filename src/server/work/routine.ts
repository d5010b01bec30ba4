/** The housekeeper: whether it does its work, what was done, and a cycle now. */
import {
  cycleDocument,
  dutiesDocument,
  housekeeperHistoryDocument,
  housekeeperStatusDocument,
} from '../../documents/index.ts';
import { type CycleRequest, housekeeperStatus, planCycle, runCycle } from '../../housekeeper/index.ts';
import { readHousekeeperSettings } from '../../settings/index.ts';
import { DUTIES, DUTY_NAMES, type DutyName, listRuns } from '../../tasks/index.ts';
import * as inputs from '../routes/inputs.ts';
import { archiveTarget } from './archive-target.ts';
import { type WorkContext, work } from './contract.ts';

const TIME_BUDGET_MS = 50 * 60_000;

export const ROUTINE = {
  'GET housekeeper:status': work('inspect', inputs.NOTHING, async (context) => ({
    document: housekeeperStatusDocument(
      await housekeeperStatus(context, settingsOf(context), DUTIES, Date.now()),
    ),
  })),
  'GET housekeeper:history': work('inspect', inputs.HISTORY, async (context, { limit, duty }) => ({
    document: housekeeperHistoryDocument(await listRuns(context, limit, duty)),
  })),
  'GET housekeeper:duties': work(null, inputs.NOTHING, async (context) => {
    const { skipDuties } = settingsOf(context);
    return {
      document: dutiesDocument(
        DUTIES.map((duty) => ({ ...duty, isSkipped: skipDuties.includes(duty.name) })),
      ),
    };
  }),
  'GET housekeeper:run': work('inspect', inputs.CYCLE, async (context, { only }) => ({
    document: cycleDocument(await planCycle(context, requestOf(context, only, TIME_BUDGET_MS))),
  })),
  'POST housekeeper:run': work('change', inputs.RUN_CYCLE, async (context, { only, time_budget: budget }) => {
    const result = await runCycle(context, requestOf(context, only, budget ?? TIME_BUDGET_MS));
    return { document: cycleDocument(result), ended: result.interrupted ? 'interrupted' : 'done' };
  }),
};

function settingsOf({ settings }: WorkContext) {
  return readHousekeeperSettings(settings, DUTY_NAMES);
}

function requestOf(
  context: WorkContext,
  only: readonly DutyName[] | undefined,
  timeBudgetMs: number,
): CycleRequest {
  return {
    settings: settingsOf(context),
    duties: DUTIES,
    only,
    timeBudgetMs,
    archive: archiveTarget(context.settings) ?? null,
    lag: undefined,
  };
}
