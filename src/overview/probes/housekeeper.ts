/** Whether routine work is done. */
import { housekeeperStatus, type Problem } from '../../housekeeper/index.ts';
import { step } from '../../next-step.ts';
import { DUTIES, type Forecast, installedAt } from '../../tasks/index.ts';
import { counted, utcText } from '../../written-numbers.ts';
import type { Found, Probe } from '../contract.ts';

/** A new installation is not told that it is late. */
const NEW_MS = 86_400_000;

export const housekeeper: Probe = {
  id: 'housekeeper',
  look: async (context, { housekeeper: settings, now }) => {
    const { problems, last, duties } = await housekeeperStatus(context, settings, DUTIES, now);
    const backlogs = duties.flatMap(({ duty, forecast }) => (forecast ? backlogOf(duty, forecast) : []));
    if (problems.length > 0)
      return [...(await Promise.all(problems.map((one) => findingOf(one, context, now)))), ...backlogs];
    const at =
      last === null ? '' : ` The last cycle ended at ${utcText(new Date(last.endedAt).toISOString())}.`;
    return [
      { id: 'housekeeper', level: 'ok', sentence: `The housekeeper does its work.${at}`, next: null },
      ...backlogs,
    ];
  },
};

/** What is due and was not deleted in the time that there was. */
function backlogOf(duty: string, { left, grows, goneAt }: Forecast): Found[] {
  if (left === 0) return [];
  const rest = `${counted(left, 'row')} that the duty ${duty} is to delete ${left === 1 ? 'is' : 'are'} left`;
  if (grows)
    return [
      {
        id: `backlog.${duty}`,
        level: 'warn',
        sentence: `${rest}, and more become due than are deleted.`,
        next: step`Let the housekeeper run for longer, or more often.`,
        measure: left,
      },
    ];
  const end = goneAt === null ? '' : `; at this pace they will be gone by ${goneAt.slice(0, 10)}`;
  return [{ id: `backlog.${duty}`, level: 'ok', sentence: `${rest}${end}.`, next: null }];
}

async function findingOf(
  problem: Problem,
  context: Parameters<Probe['look']>[0],
  now: number,
): Promise<Found> {
  switch (problem.kind) {
    case 'never-ran': {
      const installed = await installedAt(context);
      const isNew = installed !== null && now - installed < NEW_MS;
      return {
        id: 'housekeeper',
        level: isNew ? 'ok' : 'warn',
        sentence: 'The housekeeper has not run yet.',
        next: step`Enable its timer, or run ${{ action: 'housekeeper-run' }} every hour.`,
      };
    }
    case 'overdue':
      return {
        id: 'housekeeper.overdue',
        level: 'fail',
        sentence: `The housekeeper has not run since ${utcText(new Date(problem.since).toISOString())}.`,
        next: step`Check its timer or daemon; ${{ action: 'housekeeper-status' }} says more.`,
      };
    case 'failing':
      return {
        id: `housekeeper.${problem.duty}`,
        level: 'fail',
        sentence: `The duty ${problem.duty} fails${problem.times > 1 ? `, ${counted(problem.times, 'time')} in a row` : ''}: ${problem.error ?? 'for an unknown reason.'}`,
        next: step`${{ action: 'housekeeper-status' }} says what to do.`,
      };
    case 'behind':
      return {
        id: `housekeeper.${problem.duty}`,
        level: 'warn',
        sentence: `The duty ${problem.duty} has not finished its work for more than a day.`,
        next: step`${{ action: 'housekeeper-status' }} says what to do.`,
      };
    case 'left-out':
      return {
        id: `housekeeper.${problem.duty}`,
        level: 'warn',
        sentence: `The duty ${problem.duty} has not had its turn since ${utcText(new Date(problem.since).toISOString())}.`,
        next: step`${{ action: 'housekeeper-status' }} says what to do.`,
      };
  }
}
