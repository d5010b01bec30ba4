/** A database that was left not long ago: nothing but its own server keeps a forgotten writer from it. */
import { step } from '../../next-step.ts';
import { oneLine } from '../../one-line.ts';
import { lastSwitch } from '../../tasks/index.ts';
import { utcText } from '../../written-numbers.ts';
import type { Probe } from '../contract.ts';

/** Who still writes to the old one by then has been missed. */
const FORTNIGHT_MS = 14 * 86_400_000;

export const switched: Probe = {
  id: 'switched',
  look: async (context, { now }) => {
    const last = await lastSwitch(context, { since: now - FORTNIGHT_MS });
    if (last === null) return [];
    return [
      {
        id: 'switched',
        level: 'ok',
        sentence: `In use since ${utcText(new Date(last.endedAt).toISOString())} instead of ${oneLine(last.from)}, to which others can still write.`,
        next: step`Whether somebody has: ${{ action: 'switch', inputs: [{ input: 'back' }, { input: 'dry-run' }] }}`,
      },
    ];
  },
};
