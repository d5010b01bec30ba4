/** Which tables refer to which, of other schemas too, and what acts on a deletion. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DeleteHook, Reference, WriteHook } from '../contract/catalogue.ts';
import { leadingHere } from '../leading-here.ts';
import { DELETE_RULES } from './introspection.ts';

interface ReferenceRow {
  schema: string | null;
  table: string;
  columns: string[];
  targetSchema: string | null;
  target: string;
  targetColumns: string[];
  onDelete: string;
}

/** What is of a partition counts as of its table; a partition's own copy of its table's foreign key is left out. */
export async function references(db: Kysely<unknown>): Promise<Reference[]> {
  const names = (table: string, keys: string) => sql`
    array(select a.attname::text from unnest(${sql.ref(`f.${keys}`)}) with ordinality as k(n, place)
          join pg_attribute as a on a.attrelid = ${sql.ref(`f.${table}`)} and a.attnum = k.n order by k.place)`;
  const { rows } = await sql<ReferenceRow>`
    select nullif(n.nspname, current_schema()) as schema, c.relname as "table", ${names('conrelid', 'conkey')} as columns,
           nullif(m.nspname, current_schema()) as "targetSchema", t.relname as target,
           ${names('confrelid', 'confkey')} as "targetColumns", f.confdeltype::text as "onDelete"
    from pg_constraint as f
    join pg_class as c on c.oid = coalesce(pg_partition_root(f.conrelid), f.conrelid) join pg_namespace as n on n.oid = c.relnamespace
    join pg_class as t on t.oid = coalesce(pg_partition_root(f.confrelid), f.confrelid) join pg_namespace as m on m.oid = t.relnamespace
    where f.contype = 'f' and f.conparentid = 0
    order by n.nspname, c.relname, f.conname`.execute(db);
  return leadingHere(rows).map((row) => ({ ...row, onDelete: DELETE_RULES[row.onDelete] ?? row.onDelete }));
}

/** Bit 3 of `tgtype` is DELETE (`pg_trigger.h`); the triggers of foreign keys are internal. */
export async function deleteHooks(db: Kysely<unknown>, tables: readonly string[]): Promise<DeleteHook[]> {
  return hooks(db, tables, { trigger: sql`g.tgtype::int & 8 = 8`, rule: sql`r.ev_type = '4'` });
}

export async function writeHooks(db: Kysely<unknown>, tables: readonly string[]): Promise<WriteHook[]> {
  // 1 is SELECT: what a view does.
  return hooks(db, tables, { trigger: sql`true`, rule: sql`r.ev_type <> '1'` });
}

async function hooks(
  db: Kysely<unknown>,
  tables: readonly string[],
  wanted: { readonly trigger: RawBuilder<unknown>; readonly rule: RawBuilder<unknown> },
): Promise<WriteHook[]> {
  const { rows } = await sql<WriteHook>`
    select 'trigger' as kind, c.relname as "table", g.tgname as name
    from pg_trigger as g join pg_class as c on c.oid = g.tgrelid
    where not g.tgisinternal and g.tgenabled <> 'D' and ${wanted.trigger}
      and c.relnamespace = quote_ident(current_schema())::regnamespace
    union all
    select 'rule', c.relname, r.rulename
    from pg_rewrite as r join pg_class as c on c.oid = r.ev_class
    where ${wanted.rule} and r.ev_enabled <> 'D'
      and c.relnamespace = quote_ident(current_schema())::regnamespace
    order by 2, 3`.execute(db);
  return rows.filter(({ table }) => tables.includes(table));
}
