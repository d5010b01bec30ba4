/** How old the last export of the whole database is. */
import { step } from '../../next-step.ts';
import { oneLine } from '../../one-line.ts';
import { lastExport } from '../../tasks/index.ts';
import { bytes, counted, utcText } from '../../written-numbers.ts';
import type { Probe } from '../contract.ts';

const DAY_MS = 86_400_000;

export const exports: Probe = {
  id: 'exports',
  look: async (context, { now, exportMaxAgeDays }) => {
    const last = await lastExport(context);
    if (last === null)
      return [
        {
          id: 'exports',
          level: 'ok',
          // There may be backups of another kind.
          sentence: 'No export of the whole database is recorded.',
          next: null,
        },
      ];
    const days = Math.floor((now - last.endedAt) / DAY_MS);
    const what = `${utcText(new Date(last.endedAt).toISOString())}, to ${last.file === null ? 'the standard output' : oneLine(last.file)} (${counted(last.rows, 'row')}, ${bytes(last.bytes)})`;
    if (days < exportMaxAgeDays)
      return [{ id: 'exports', level: 'ok', sentence: `Last exported at ${what}.`, next: null }];
    return [
      {
        id: 'exports',
        level: 'warn',
        sentence: `The last export is ${counted(days, 'day')} old: at ${what}.`,
        next: step`Run ${{ action: 'export', inputs: [{ input: 'output', value: 'FILE' }] }}, or dismiss this if there are other backups.`,
        measure: days,
      },
    ];
  },
};
