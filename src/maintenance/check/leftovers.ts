/** What programs that rebuild tables have left when they were ended. */
import type { Check, Finding } from './contract.ts';
import { findingOf } from './trouble.ts';

/** A table beside ours that is known to be a leftover. */
export interface LeftoverTable {
  readonly table: string;
  /** Whose it is, in words. */
  readonly reason: string;
}

/** @param tablesLeft those that the comparison of the schema knows by their names */
export function leftovers(tablesLeft: () => Promise<readonly LeftoverTable[]>): Check {
  return {
    name: 'leftovers',
    async run({ engine, tables, signal }) {
      const sight = await engine.endedBy(signal, (db) => engine.leftovers(db, tables));
      const named = (await tablesLeft()).map(
        ({ table, reason }): Omit<Finding, 'check'> => ({
          id: `leftovers:${table}`,
          severity: 'warning',
          table,
          message: `The table ${table} is ${reason}.`,
          fix: engine.ddl
            .dropTable(table)
            .map(({ sql }) => sql)
            .join(';\n'),
          safeToLeave: null,
        }),
      );
      // Triggers come first: their table must not be dropped before them.
      const seen = sight.visible ? sight.seen.map((trouble) => findingOf('leftovers', trouble)) : [];
      const unknown = sight.visible
        ? []
        : [
            {
              why: `what a change of a table that was killed has left cannot be seen, ${sight.why}`,
              remedy: sight.remedy,
            },
          ];
      return { findings: [...seen, ...named], unknown };
    },
  };
}
