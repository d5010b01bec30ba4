/** What of a server of this family will make trouble: in a cluster, tables without a primary key. */
import { type Kysely, sql } from 'kysely';
import type { Trouble } from '../contract/integrity.ts';
import { isOwnDatabase } from './own-database.ts';

/** A cluster tells rows by their primary key: DELETE fails without, or nodes come to differ. */
export async function withoutPrimaryKey(db: Kysely<unknown>): Promise<readonly Trouble[]> {
  const { rows } = await sql<{ table_: string }>`
    select t.table_name as table_ from information_schema.tables as t
    where ${isOwnDatabase('t.table_schema')} and t.table_type = 'BASE TABLE' and not exists (
      select 1 from information_schema.statistics as s
      where s.table_schema = t.table_schema and s.table_name = t.table_name and s.index_name = 'PRIMARY')
    order by t.table_name`.execute(db);
  return rows.map(({ table_ }) => ({
    about: `primary-key:${table_}`,
    severity: 'warning',
    table: table_,
    message: `The table ${table_} has no primary key. In a cluster its rows cannot be told from each other, so that statements fail or nodes come to differ.`,
    fix: sql`alter table ${sql.table(table_)} add column my_row_id bigint unsigned not null auto_increment primary key`.compile(
      db,
    ).sql,
    safeToLeave: null,
  }));
}
