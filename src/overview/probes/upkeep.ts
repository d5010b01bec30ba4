/** Planner statistics, and space that is worth getting back. */
import { step } from '../../next-step.ts';
import { isWorthIt, planReclaim, staleStatistics } from '../../tasks/index.ts';
import { bytes, counted } from '../../written-numbers.ts';
import type { Found, Probe } from '../contract.ts';

export const statistics: Probe = {
  id: 'statistics',
  look: async (context) => {
    const { stale, unknown } = await staleStatistics(context);
    const found: Found[] = [];
    if (stale.length > 0)
      found.push({
        id: 'statistics',
        level: 'warn',
        sentence: `The planner's statistics of ${counted(stale.length, 'table are', 'tables are')} out of date: ${stale.join(', ')}.`,
        next: step`The housekeeper renews them; or run ${{ action: 'housekeeper-run' }} now.`,
        measure: stale.length,
      });
    if (unknown !== null)
      found.push({ id: 'statistics.unknown', level: 'unknown', sentence: unknown, next: null });
    if (found.length > 0) return found;
    return [
      { id: 'statistics', level: 'ok', sentence: "The planner's statistics are up to date.", next: null },
    ];
  },
};

export const space: Probe = {
  id: 'space',
  look: async (context) => {
    const plan = await planReclaim(context);
    const disk = plan.diskFree === null ? '' : `; ${bytes(plan.diskFree)} are free on its disk`;
    const taken =
      plan.use.diskBytes === null ? '' : ` The database takes ${bytes(plan.use.diskBytes)}${disk}.`;
    if (!isWorthIt(plan))
      return [{ id: 'space', level: 'ok', sentence: `No space is worth reclaiming.${taken}`, next: null }];
    return [
      {
        id: 'space',
        level: 'warn',
        sentence: `${plan.use.estimated ? 'About ' : ''}${bytes(plan.use.gain)} can be reclaimed.${taken}`,
        next: step`Run ${{ action: 'reclaim' }}, or leave it to the housekeeper.`,
        measure: plan.use.gain,
      },
    ];
  },
};
