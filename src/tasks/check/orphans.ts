/** Rows whose parent is missing, by each foreign key of the schema. */
import { sql } from 'kysely';
import { type CountedOrphans, countOrphans, type ForeignKey, keyName } from '../../cleanup/index.ts';
import type { Engine } from '../../engines/index.ts';
import type { Check, Finding } from '../../maintenance/index.ts';
import { counted } from '../../written-numbers.ts';
import { foreignKeys } from '../foreign-keys.ts';

export const orphans: Check = {
  name: 'orphans',
  async run({ engine, quick, tables, signal }) {
    const keys = foreignKeys().filter(
      ({ table, target }) => tables.includes(table) && tables.includes(target),
    );
    const found = await engine.endedBy(signal, (db) => countOrphans(engine, db, keys, { quick }));
    return { findings: found.map((one) => findingOf(engine, one)) };
  },
};

function findingOf(engine: Engine, { key, count, of, atLeast, ids }: CountedOrphans): Omit<Finding, 'check'> {
  const { table, column, target, onDelete } = key;
  const most = atLeast ? 'at least ' : '';
  const what =
    of === 'rows'
      ? `${most}${counted(count, 'row')} of ${table} refer by ${column} to a row of ${target} that does not exist; the first ids: ${ids.join(', ')}`
      : `rows of ${table} refer by ${column} to ${most}${counted(count, 'row')} of ${target} that do not exist; the first of these: ${ids.join(', ')}`;
  return {
    id: `orphans:${keyName(key)}`,
    severity: 'warning',
    table,
    message: `${what[0]?.toUpperCase() ?? ''}${what.slice(1)}. ${WHAT_THEN[onDelete]}`,
    fix: fixOf(engine, key),
    safeToLeave: null,
  };
}

const WHAT_THEN: Readonly<Record<ForeignKey['onDelete'], string>> = {
  cascade:
    'They should have been deleted with it. The housekeeper archives and deletes such rows; the statement deletes them at once.',
  'set null': 'The housekeeper empties such references, as the statement does.',
  restrict:
    'It should not have been possible to delete that one: restore it from an archive or a backup if you can, and delete these rows if not.',
};

/** Named by the table itself, which every engine reads in a DELETE and an UPDATE. */
function fixOf(engine: Engine, { table, column, target, onDelete }: ForeignKey): string {
  const reference = sql.ref(`${table}.${column}`);
  const lost = sql`${reference} is not null and not exists (select 1 from ${sql.table(target)} as parent where parent.id = ${reference})`;
  const fix =
    onDelete === 'set null'
      ? sql`update ${sql.table(table)} set ${sql.ref(column)} = null where ${lost}`
      : sql`delete from ${sql.table(table)} where ${lost}`;
  return fix.compile(engine.kysely<unknown>()).sql;
}
