/** How fast the database grows, and whether its disk will be full soon. */
import { step } from '../../next-step.ts';
import { readWholeGrowth } from '../../tasks/index.ts';
import { bytes } from '../../written-numbers.ts';
import type { Found, Probe } from '../contract.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
const NOW_DAYS = 7;

export const growth: Probe = {
  id: 'growth',
  look: async (context, { now }) => {
    const { rate, diskFull } = await readWholeGrowth(context, now);
    if (!rate)
      return [
        {
          id: 'growth',
          level: 'ok',
          sentence: 'There are too few size samples yet to tell growth.',
          next: null,
        },
      ];
    const speed =
      rate.perDay > 0 ? `The database grows by ${bytes(rate.perDay)} a day` : 'The database does not grow';
    const earliest = diskFull?.earliest ?? null;
    const days = earliest === null ? Number.POSITIVE_INFINITY : (earliest - now) / DAY_MS;
    if (earliest === null || days > SOON_DAYS)
      return [{ id: 'growth', level: 'ok', sentence: `${speed}.`, next: null }];
    return [fullSoon(speed, earliest, days)];
  },
};

function fullSoon(speed: string, earliest: number, days: number): Found {
  return {
    id: 'growth',
    level: days > NOW_DAYS ? 'warn' : 'fail',
    sentence: `${speed}; its disk may be full by ${new Date(earliest).toISOString().slice(0, 10)}.`,
    next: step`${{ action: 'size' }} shows what grows; keep less, or make the disk larger.`,
  };
}
