/** Which tables refer to which, what acts on a deletion, and references that lead nowhere. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DeleteHook, Reference, WriteHook } from '../contract/catalogue.ts';
import type { BrokenReferences } from '../contract/rows.ts';

const NAMED = 10;

/** A foreign key that names no column means the primary key. Its names are as somebody wrote them, in any case of letters. */
export async function references(db: Kysely<unknown>): Promise<Reference[]> {
  const { rows } = await sql<{
    table: string;
    id: bigint;
    target: string;
    from: string;
    to: string | null;
    key: string | null;
    onDelete: string;
  }>`
    select m.name as "table", f.id, coalesce(t.name, f."table") as target, f."from", f.on_delete as "onDelete",
      (select k.name from pragma_table_xinfo(f."table") as k where k.name = f."to" collate nocase) as "to",
      (select k.name from pragma_table_info(f."table") as k where k.pk = f.seq + 1) as key
    from sqlite_schema as m, pragma_foreign_key_list(m.name) as f
    left join sqlite_schema as t on t.type = 'table' and t.name = f."table" collate nocase
    where m.type = 'table' and m.sql not like 'create virtual table%' order by m.name, f.id, f.seq`.execute(
    db,
  );
  return [...Map.groupBy(rows, ({ table, id }) => `${table} ${id}`).values()].map((parts) => ({
    schema: null,
    table: parts[0]?.table ?? '',
    columns: parts.map(({ from }) => from),
    targetSchema: null,
    target: parts[0]?.target ?? '',
    targetColumns: parts.map(({ to, key }) => to ?? key ?? 'rowid'),
    onDelete: parts[0]?.onDelete.toLowerCase() ?? '',
  }));
}

/** By the text of the trigger: SQLite has no other catalogue of them. One that is taken for too much is only named. */
export async function deleteHooks(db: Kysely<unknown>, tables: readonly string[]): Promise<DeleteHook[]> {
  return hooks(db, tables, sql`g.sql like '%delete%on%'`);
}

export async function writeHooks(db: Kysely<unknown>, tables: readonly string[]): Promise<WriteHook[]> {
  return hooks(db, tables, sql`true`);
}

/** Whatever a foreign key does to rows lets triggers act as a statement would. */
export async function cascadeHooks(db: Kysely<unknown>, keys: readonly Reference[]): Promise<WriteHook[]> {
  const tables = (cascade: boolean) =>
    keys.filter(({ onDelete }) => (onDelete === 'cascade') === cascade).map(({ table }) => table);
  return [
    ...(await deleteHooks(db, tables(true))),
    ...(await hooks(db, tables(false), sql`g.sql like '%update%on%'`)),
  ];
}

async function hooks(
  db: Kysely<unknown>,
  tables: readonly string[],
  wanted: RawBuilder<unknown>,
): Promise<WriteHook[]> {
  const { rows } = await sql<{ name: string; table: string }>`
    select g.name, coalesce(t.name, g.tbl_name) as "table" from sqlite_schema as g
    left join sqlite_schema as t on t.type in ('table', 'view') and t.name = g.tbl_name collate nocase
    where g.type = 'trigger' and ${wanted} order by 2, g.name`.execute(db);
  return rows
    .filter(({ table }) => tables.includes(table))
    .map(({ name, table }) => ({ kind: 'trigger', table, name }));
}

/** Reads every table that has a foreign key. Source: https://www.sqlite.org/pragma.html#pragma_foreign_key_check */
export async function brokenReferences(db: Kysely<unknown>): Promise<BrokenReferences | null> {
  const { rows } = await sql<{ table: string; rowid: bigint | null; parent: string }>`
    select "table", rowid, parent from pragma_foreign_key_check limit ${sql.lit(NAMED)}`.execute(db);
  if (rows.length === 0) return null;
  return {
    examples: rows.map(
      ({ table, rowid, parent }) =>
        `row ${rowid ?? '?'} of ${table} refers to a row of ${parent} that does not exist`,
    ),
    listedBy: 'PRAGMA foreign_key_check',
  };
}
