/** What ALTER TABLE and pt-online-schema-change leave when they are killed. */
import { type Kysely, sql } from 'kysely';
import type { Trouble } from '../contract/integrity.ts';
import type { Sight } from '../sight.ts';
import { seenWith } from './grants.ts';
import { isOwnDatabase } from './own-database.ts';
import { PROCESS } from './pressure.ts';

/** @param innodbTables the table of `information_schema` in which InnoDB lists all that it keeps */
export async function leftovers(
  db: Kysely<unknown>,
  database: string,
  innodbTables: string,
  tables: readonly string[],
): Promise<Sight<readonly Trouble[]>> {
  const triggers = await triggersOf(db, tables);
  const hidden = await seenWith(db, PROCESS, () => hiddenTables(db, database, innodbTables));
  // What one account sees of it is told, whatever it does not see.
  if (!hidden.visible && triggers.length === 0) return hidden;
  return { visible: true, seen: [...triggers, ...(hidden.visible ? hidden.seen : [])] };
}

/** Source: https://docs.percona.com/percona-toolkit/pt-online-schema-change.html */
async function triggersOf(db: Kysely<unknown>, tables: readonly string[]): Promise<Trouble[]> {
  const { rows } = await sql<{ name: string; table_: string }>`
    select trigger_name as name, event_object_table as table_ from information_schema.triggers
    where ${isOwnDatabase('event_object_schema')} and trigger_name like 'pt\\_osc\\_%'
    order by trigger_name`.execute(db);
  return rows
    .filter(({ table_ }) => tables.includes(table_))
    .map(({ name, table_ }) => ({
      about: `${table_}.${name}`,
      severity: 'warning',
      table: table_,
      message: `The trigger ${name} of pt-online-schema-change stands on ${table_}, and writes each change once more. Unless that program is running just now, it was killed and has left it behind. Drop the triggers before its table: without that, writing to ${table_} fails.`,
      fix: sql`drop trigger ${sql.id(name)}`.compile(db).sql,
      safeToLeave: null,
    }));
}

/** A table that ALTER TABLE was still making; the server itself does not list it. */
async function hiddenTables(
  db: Kysely<unknown>,
  database: string,
  innodbTables: string,
): Promise<readonly Trouble[]> {
  const { rows: counted } = await sql<{ n: bigint | number }>`
    select count(*) as n from information_schema.processlist
    where id <> connection_id() and info regexp '^[[:space:]]*(alter|optimize|create|drop)'`.execute(db);
  if (Number(counted[0]?.n ?? 0) > 0) return [];
  const { rows } = await sql<{ name: string }>`
    select name as name from information_schema.${sql.raw(innodbTables)}
    where name like concat(${database}, '/#sql%')`.execute(db);
  return rows.map(({ name }) => {
    const table = name.slice(name.indexOf('/') + 1);
    return {
      about: table,
      severity: 'warning',
      table: null,
      message: `The table ${table} is what is left of a change of a table that was killed; it takes space and nothing uses it.`,
      fix: sql`drop table ${sql.id(`#mysql50#${table}`)}`.compile(db).sql,
      safeToLeave: null,
    };
  });
}
