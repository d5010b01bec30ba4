/** Which database it is, and for how long its server is supported. */
import { step } from '../../next-step.ts';
import type { Probe } from '../contract.ts';

const DAY_MS = 86_400_000;
/** An upgrade wants to be planned. */
const AHEAD_DAYS = 90;

export const database: Probe = {
  id: 'database',
  look: async ({ engine }, { now }) => {
    const { product, where, supportedUntil: end } = engine;
    const it = `${product}, ${where}`;
    if (end === null) return [{ id: 'database', level: 'ok', sentence: `${it}.`, next: null }];
    const days = (Date.parse(end) - now) / DAY_MS;
    if (days > AHEAD_DAYS)
      return [{ id: 'database', level: 'ok', sentence: `${it}; supported until ${end}.`, next: null }];
    return [
      {
        id: 'support',
        level: 'warn',
        sentence: `${it}; its support ${days < 0 ? 'ended' : 'ends'} on ${end}.`,
        next: step`Plan an upgrade of the server.`,
      },
    ];
  },
};
