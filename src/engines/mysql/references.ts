/** Which tables refer to which, of other databases too, and what acts on a deletion. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DeleteHook, Reference, WriteHook } from '../contract/catalogue.ts';
import { leadingHere } from '../leading-here.ts';
import { type DeleteRules, deleteRulesOf, ownDeleteRules } from './delete-rules.ts';
import { isOwnDatabase } from './own-database.ts';

interface KeyRow {
  schema: string | null;
  table_: string;
  name: string;
  column_: string;
  targetSchema: string | null;
  target: string;
  targetColumn: string;
}

/** Of databases that this account may not see, neither server tells. */
export async function references(db: Kysely<unknown>): Promise<Reference[]> {
  const { rows } = await sql<KeyRow>`
    select ${othersName('table_schema')} as \`schema\`, table_name as table_, constraint_name as name, column_name as column_,
           ${othersName('referenced_table_schema')} as targetSchema, referenced_table_name as target,
           referenced_column_name as targetColumn
    from information_schema.key_column_usage where referenced_table_name is not null
    order by table_schema, table_name, constraint_name, ordinal_position`.execute(db);
  // A name may have any character in it.
  const keys = Map.groupBy(rows, ({ schema, table_, name }) => JSON.stringify([schema, table_, name]));
  const known = leadingHere([...keys.values()].flatMap(referenceOf));
  const rules = new Map<string, DeleteRules>();
  const found: Reference[] = [];
  for (const { name, ...reference } of known) {
    const { schema, table } = reference;
    const of = JSON.stringify(schema === null ? null : [schema, table]);
    const tableRules =
      rules.get(of) ?? (await (schema === null ? ownDeleteRules(db) : deleteRulesOf(db, schema, table)));
    rules.set(of, tableRules);
    found.push({ ...reference, onDelete: tableRules.of(table, name) });
  }
  return found;
}

type Key = Omit<Reference, 'onDelete'> & { readonly name: string };

/** @param parts its columns, a row each */
function referenceOf(parts: readonly KeyRow[]): Key[] {
  const [first] = parts;
  if (!first) return [];
  return [
    {
      name: first.name,
      schema: first.schema,
      table: first.table_,
      columns: parts.map((part) => part.column_),
      targetSchema: first.targetSchema,
      target: first.target,
      targetColumns: parts.map((part) => part.targetColumn),
    },
  ];
}

/** The name of a database; null for the one that is ours. */
function othersName(column: string) {
  return sql`case when ${isOwnDatabase(column)} then null else ${sql.ref(column)} end`;
}

export async function deleteHooks(db: Kysely<unknown>, tables: readonly string[]): Promise<DeleteHook[]> {
  return hooks(db, tables, sql`event_manipulation = 'DELETE'`);
}

export async function writeHooks(db: Kysely<unknown>, tables: readonly string[]): Promise<WriteHook[]> {
  return hooks(db, tables, sql`true`);
}

async function hooks(
  db: Kysely<unknown>,
  tables: readonly string[],
  wanted: RawBuilder<unknown>,
): Promise<WriteHook[]> {
  const { rows } = await sql<{ name: string; table_: string }>`
    select trigger_name as name, event_object_table as table_ from information_schema.triggers
    where ${isOwnDatabase('event_object_schema')} and ${wanted}
    order by event_object_table, trigger_name`.execute(db);
  return rows
    .filter(({ table_ }) => tables.includes(table_))
    .map(({ name, table_ }) => ({ kind: 'trigger', table: table_, name }));
}

/** By the privilege TRIGGER, of the account itself: what a role gives it is not looked for. */
export async function seesDeleteHooks(db: Kysely<unknown>): Promise<boolean> {
  const { rows: accounts } = await sql<{ account: string }>`select current_user() as account`.execute(db);
  const [, user = '', host = ''] = /^(.*)@(.*)$/s.exec(accounts[0]?.account ?? '') ?? [];
  const grantee = `'${user}'@'${host}'`;
  const { rows } = await sql`
    select 1 as one from information_schema.user_privileges
      where grantee = ${grantee} and privilege_type = 'TRIGGER'
    union all
    select 1 from information_schema.schema_privileges
      where grantee = ${grantee} and privilege_type = 'TRIGGER' and database() like table_schema`.execute(db);
  return rows.length > 0;
}
