/** Whether the next row gets an id that is free, and how many ids there still are. */
import type { IdCounter } from '../../engines/index.ts';
import type { Check, Finding } from './contract.ts';

/** Of all ids, in percent. */
const NEAR_THE_END = 80n;

export const idCounters: Check = {
  name: 'ids',
  async run({ engine, tables, signal }) {
    const counters = await engine.endedBy(signal, (db) => engine.idCounters(db, tables));
    return { findings: counters.flatMap((counter) => behind(counter) ?? nearTheEnd(counter) ?? []) };
  },
};

type Found = Omit<Finding, 'check'> | undefined;

function behind({ table, column, next, largest, restart }: IdCounter): Found {
  if (largest === null || next > largest) return undefined;
  return {
    id: `ids:${table}.${column}`,
    severity: 'error',
    table,
    message: `The next row of ${table} would get the ${column} ${next}, but ids up to ${largest} are given: inserting fails, or will. Rows were probably loaded with ids of their own.`,
    fix: restart,
    safeToLeave: null,
  };
}

function nearTheEnd({ table, column, next, largest, limit, restart }: IdCounter): Found {
  const used = (id: bigint) => (id * 100n) / limit;
  if (used(next) < NEAR_THE_END) return undefined;
  const rowsAreThere = largest !== null && used(largest) >= NEAR_THE_END;
  const finding = { id: `ids:${table}.${column}`, severity: 'warning', table } as const;
  const left = limit >= next ? limit - next + 1n : 0n;
  const what = `${used(next)} % of the ids of ${table} are used up: the next ${column} is ${next}, the last one ${limit}.`;
  if (!rowsAreThere)
    return {
      ...finding,
      message: `${what} The largest one of a row is ${largest ?? 'none'}: the counter can go back to that, unless rows with higher ids are in archives that are to be restored.`,
      fix: restart,
      safeToLeave: null,
    };
  return {
    ...finding,
    message: `${what} Delete the rows with the highest ids if they came by a mistake; the counter can then go back.`,
    fix: null,
    safeToLeave: `${left} ids are left.`,
  };
}
