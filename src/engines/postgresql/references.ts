/** Which tables refer to which, of other schemas too, and what acts on a deletion. */
import { type Kysely, sql } from 'kysely';
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

/** By a statement of ours, on the table itself; by a foreign key, which leaves out what only inherits. */
type Way = 'statement' | 'foreign key';

interface Asked {
  readonly schema: string | null;
  readonly table: string;
  readonly way: Way;
  /** Bits of `tgtype` (`pg_trigger.h`), and the events of rules (`pg_rewrite`). */
  readonly triggers: number;
  readonly rules: string;
}

const DELETE = { triggers: 8, rules: '4' } as const;
const UPDATE = { triggers: 16, rules: '2' } as const;
const ANY = { triggers: 4 + 8 + 16 + 32, rules: '234' } as const;

export async function deleteHooks(db: Kysely<unknown>, tables: readonly string[]): Promise<DeleteHook[]> {
  return hooks(
    db,
    tables.map((table) => ({ schema: null, table, way: 'statement', ...DELETE })),
  );
}

export async function writeHooks(db: Kysely<unknown>, tables: readonly string[]): Promise<WriteHook[]> {
  return hooks(
    db,
    tables.map((table) => ({ schema: null, table, way: 'statement', ...ANY })),
  );
}

export async function cascadeHooks(
  db: Kysely<unknown>,
  references: readonly Reference[],
): Promise<WriteHook[]> {
  return hooks(
    db,
    references.map(({ schema, table, onDelete }) => ({
      schema,
      table,
      way: 'foreign key',
      ...(onDelete === 'cascade' ? DELETE : UPDATE),
    })),
  );
}

/**
 * On the tables and on what is theirs: a statement on a table acts on the rows of its partitions and of the tables that inherit
 * from it too, whose triggers for each row act then; their rules do not. The triggers of foreign keys are internal; a
 * partition's copy of its table's trigger is left out.
 */
async function hooks(db: Kysely<unknown>, asked: readonly Asked[]): Promise<WriteHook[]> {
  if (asked.length === 0) return [];
  const list = JSON.stringify(asked);
  const { rows } = await sql<WriteHook>`
    with recursive asked as (
      select c.oid, c.relkind, a.triggers, a.rules, a.way, true as itself
      from json_to_recordset(${list}::json) as a(schema text, "table" text, way text, triggers int, rules text)
      join pg_namespace as n on n.nspname = coalesce(a.schema, current_schema())
      join pg_class as c on c.relnamespace = n.oid and c.relname = a."table"
      union
      select i.inhrelid, k.relkind, a.triggers, a.rules, a.way, false
      from asked as a join pg_inherits as i on i.inhparent = a.oid join pg_class as k on k.oid = i.inhrelid
      where a.way = 'statement' or a.relkind = 'p'
    ), found as (
      select 'trigger' as kind, g.tgrelid as oid, g.tgname as name
      from asked as a join pg_trigger as g on g.tgrelid = a.oid
      where not g.tgisinternal and g.tgenabled not in ('D', 'R') and g.tgparentid = 0
        and g.tgtype::int & a.triggers <> 0 and (a.itself or g.tgtype::int & 1 = 1)
      union
      select 'rule', r.ev_class, r.rulename
      from asked as a join pg_rewrite as r on r.ev_class = a.oid
      where a.itself and r.ev_enabled not in ('D', 'R') and position(r.ev_type::text in a.rules) > 0
    )
    select f.kind, case when n.nspname = current_schema() then c.relname::text else n.nspname || '.' || c.relname end as "table", f.name
    from found as f join pg_class as c on c.oid = f.oid join pg_namespace as n on n.oid = c.relnamespace
    order by 2, 3`.execute(db);
  return rows;
}
