/** Indexes of others that nobody reads by, as far as the server has counted. */
import type { Check } from './contract.ts';
import type { SchemaIndexes } from './indexes.ts';

/** What is needed once a month must have had its turn. */
const DAYS = 30;

export function unusedIndexes(schema: Pick<SchemaIndexes, 'isOurs'>): Check {
  return {
    name: 'unused-indexes',
    async run({ engine, tables, signal }) {
      const sight = await engine.endedBy(signal, (db) => engine.unusedIndexes(db, tables, DAYS));
      if (sight === null) return { findings: [] };
      if (!sight.visible)
        return {
          findings: [],
          unknown: [{ why: `which indexes nobody uses cannot be seen, ${sight.why}`, remedy: sight.remedy }],
        };
      const others = sight.seen.filter(({ table, name }) => !schema.isOurs(table, name));
      return {
        findings: others.map(({ table, name }) => ({
          id: `unused-indexes:${table}.${name}`,
          severity: 'note',
          table,
          message: `Nothing has read by the index ${name} of ${table} for ${DAYS} days or more. Replicas, and work that is done once a year, are not counted.`,
          fix: engine.ddl
            .dropIndex({ table, name, columns: [], unique: false })
            .map(({ sql }) => sql)
            .join(';\n'),
          safeToLeave: null,
        })),
      };
    },
  };
}
