/** The catalogue of the current schema of a PostgreSQL database, from `pg_catalog`. */
import { type Kysely, sql } from 'kysely';
import type { CatalogColumn, CatalogForeignKey, CatalogIndex, CatalogTable } from '../contract/catalogue.ts';

type Db = Kysely<unknown>;

/** Ordinary and partitioned tables, of the current schema alone. */
const OUR_TABLES = sql`c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = quote_ident(current_schema())::regnamespace`;

export async function tableNames(db: Db): Promise<string[]> {
  const { rows } = await sql<{
    name: string;
  }>`select c.relname as name from pg_class as c where ${OUR_TABLES}`.execute(db);
  return rows.map((row) => row.name).sort();
}

/** A name without a schema means the first table of that name along the search_path. */
export async function schemaBehind(db: Db, table: string): Promise<string | null> {
  const { rows } = await sql<{ schema: string }>`
    select n.nspname as schema from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = to_regclass(quote_ident(${table})) and n.nspname <> current_schema()`.execute(db);
  return rows[0]?.schema ?? null;
}

export async function viewNames(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class as c
    where c.relkind in ('v', 'm') and c.relnamespace = quote_ident(current_schema())::regnamespace`.execute(
    db,
  );
  return rows.map((row) => row.name).sort();
}

export async function introspect(db: Db): Promise<CatalogTable[]> {
  const tables = await tableRows(db);
  const columns = Map.groupBy(await columnRows(db), (row) => row.table);
  const indexes = Map.groupBy(await indexRows(db), (row) => row.table);
  const foreignKeys = Map.groupBy(await foreignKeyRows(db), (row) => row.table);
  return tables.map(({ name, comment, extension, parent }) => ({
    name,
    owner: extension ? `of the extension ${extension}` : parent ? `a child of ${parent}` : null,
    comment,
    storage: null,
    columns: (columns.get(name) ?? []).map(column),
    primaryKey: (indexes.get(name) ?? []).find((row) => row.primary)?.columns ?? [],
    indexes: (indexes.get(name) ?? []).filter((row) => !row.primary).map(index),
    foreignKeys: (foreignKeys.get(name) ?? []).map(foreignKey),
  }));
}

interface TableRow {
  name: string;
  comment: string | null;
  /** The extension that the table is part of. */
  extension: string | null;
  /** The table that it inherits from. */
  parent: string | null;
}

async function tableRows(db: Db): Promise<TableRow[]> {
  const { rows } = await sql<TableRow>`
    select c.relname as name, obj_description(c.oid, 'pg_class') as comment,
           (select e.extname from pg_depend as d join pg_extension as e on e.oid = d.refobjid
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
              and d.refclassid = 'pg_extension'::regclass) as extension,
           (select min(p.relname::text) from pg_inherits as i join pg_class as p on p.oid = i.inhparent
            where i.inhrelid = c.oid) as parent
    from pg_class as c where ${OUR_TABLES}`.execute(db);
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface ColumnRow {
  table: string;
  name: string;
  type: string;
  notNull: boolean;
  identity: string;
  /** `s` for a stored generated column, `v` for a virtual one; blank otherwise. */
  generated: string;
  default: string | null;
  comment: string | null;
}

async function columnRows(db: Db): Promise<ColumnRow[]> {
  const { rows } = await sql<ColumnRow>`
    select c.relname as "table", a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
           a.attnotnull as "notNull", a.attidentity::text as identity, a.attgenerated::text as generated,
           pg_get_expr(d.adbin, d.adrelid) as "default", col_description(c.oid, a.attnum) as comment
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
    where ${OUR_TABLES} order by c.relname, a.attnum`.execute(db);
  return rows;
}

function column(row: ColumnRow): CatalogColumn {
  const type = logicalType(row.type);
  return {
    name: row.name,
    type,
    nativeType: row.type,
    nullable: !row.notNull,
    default: row.identity === '' ? defaultValue(row.generated === '' ? row.default : null) : 'identity',
    check: null,
    generated: row.generated !== '',
    comment: row.comment,
  };
}

function logicalType(native: string): string {
  const string = /^character varying\((\d+)\)$/.exec(native);
  if (string) return `string(${string[1]})`;
  const known: Record<string, string> = {
    bigint: 'bigint',
    integer: 'integer',
    boolean: 'boolean',
    text: 'text',
    jsonb: 'json',
    'timestamp(6) with time zone': 'datetime',
    bytea: 'binary',
  };
  return known[native] ?? `other:${native}`;
}

function defaultValue(text: string | null): string | null {
  if (text === null) return null;
  if (/^(current_timestamp|now\(\))$/i.test(text)) return 'now';
  const quoted = /^'((?:[^']|'')*)'(?:::[a-z ]+(?:\(\d+\))?)?$/.exec(text)?.[1];
  if (quoted !== undefined) return JSON.stringify(quoted.replaceAll("''", "'"));
  return /^(-?\d+|true|false)$/.test(text) ? text : `expression:${text}`;
}

interface IndexRow {
  table: string;
  name: string;
  unique: boolean;
  primary: boolean;
  columns: string[];
}

async function indexRows(db: Db): Promise<IndexRow[]> {
  const { rows } = await sql<IndexRow>`
    select c.relname as "table", i.relname as name, x.indisunique as "unique", x.indisprimary as "primary",
           array(select pg_get_indexdef(x.indexrelid, k.n, true)
                 from generate_series(1, x.indnkeyatts) as k(n) order by k.n) as columns
    from pg_class as c
    join pg_index as x on x.indrelid = c.oid and x.indisvalid -- what a failed CONCURRENTLY left is none
    join pg_class as i on i.oid = x.indexrelid
    where ${OUR_TABLES} order by c.relname, i.relname collate "C"`.execute(db);
  return rows;
}

function index(row: IndexRow): CatalogIndex {
  return { name: row.name, columns: row.columns.map(unquoted), unique: row.unique };
}

/** `pg_get_indexdef` quotes what needs quoting, as "DatCreate". */
function unquoted(identifier: string): string {
  return /^"(.*)"$/.exec(identifier)?.[1]?.replaceAll('""', '"') ?? identifier;
}

interface ForeignKeyRow {
  table: string;
  name: string;
  columns: string[];
  target: string;
  targetColumns: string[];
  onDelete: string;
}

/** What `confdeltype` stands for. */
export const DELETE_RULES: Record<string, string> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
};

async function foreignKeyRows(db: Db): Promise<ForeignKeyRow[]> {
  const names = (table: string, keys: string) => sql`
    array(select a.attname::text from unnest(${sql.ref(`f.${keys}`)}) with ordinality as k(n, place)
          join pg_attribute as a on a.attrelid = ${sql.ref(`f.${table}`)} and a.attnum = k.n order by k.place)`;
  const { rows } = await sql<ForeignKeyRow>`
    select c.relname as "table", f.conname as name, ${names('conrelid', 'conkey')} as columns,
           t.relname as target, ${names('confrelid', 'confkey')} as "targetColumns", f.confdeltype::text as "onDelete"
    from pg_class as c
    join pg_constraint as f on f.conrelid = c.oid and f.contype = 'f'
    join pg_class as t on t.oid = f.confrelid
    where ${OUR_TABLES} order by c.relname, columns`.execute(db);
  return rows;
}

function foreignKey(row: ForeignKeyRow): CatalogForeignKey {
  return {
    name: row.name,
    columns: row.columns,
    table: row.target,
    targetColumns: row.targetColumns,
    onDelete: DELETE_RULES[row.onDelete] ?? row.onDelete,
  };
}
