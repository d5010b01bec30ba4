import { LEDGER } from '../ledger/tables.ts';
import type { Operation } from '../migration.ts';

/**
 * A step that changes nothing. A way without any step could not be told from one whose steps were not recorded, and an
 * older program could not go it.
 */
export function nothing(about: string): Operation {
  return {
    statements: () => [
      {
        sql: 'select 1',
        summary: `${about}: nothing to do`,
        effect: { kind: 'repeatable' },
        impact: { table: LEDGER, blocks: 'nothing', work: 'a moment' },
      },
    ],
    model: (before) => before,
  };
}
