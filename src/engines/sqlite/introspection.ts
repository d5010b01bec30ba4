/** The catalogue of an SQLite database, from its pragmas and its schema table. */
import { type Kysely, sql } from 'kysely';
import type { CatalogColumn, CatalogForeignKey, CatalogIndex, CatalogTable } from '../contract/catalogue.ts';
import { columnChecks } from './table-text.ts';

type Db = Kysely<unknown>;

interface TableRow {
  name: string;
  sql: string;
}

/**
 * Without virtual tables: they hold no rows of their own, and one whose module this program does not have cannot even be
 * looked at.
 */
export async function tableNames(db: Db): Promise<string[]> {
  return (await tableRows(db)).filter((row) => moduleOf(row) === undefined).map((row) => row.name);
}

export async function viewNames(db: Db): Promise<string[]> {
  const { rows } = await sql<{
    name: string;
  }>`select name from sqlite_schema where type = 'view' order by name`.execute(db);
  return rows.map((row) => row.name);
}

export async function introspect(db: Db): Promise<CatalogTable[]> {
  const rows = await tableRows(db);
  const modules = new Map(rows.flatMap((row) => (moduleOf(row) ? [[row.name, moduleOf(row) ?? '']] : [])));
  const real = new Map(rows.filter(({ name }) => !modules.has(name)).map((row) => [row.name, row]));
  const [columns, allIndexes, keys] = [await columnsOf(db), await indexesOf(db), await foreignKeysOf(db)];
  return rows.map((row) =>
    real.has(row.name)
      ? realTable(row, ownerOf(row, modules), {
          columns: columns.get(row.name) ?? [],
          indexes: allIndexes.get(row.name) ?? [],
          foreignKeys: keys.get(row.name) ?? [],
        })
      : virtualTable(row, modules),
  );
}

async function tableRows(db: Db): Promise<TableRow[]> {
  const { rows } = await sql<TableRow>`
    select name, sql from sqlite_schema where type = 'table' and name not glob 'sqlite_*' order by name`.execute(
    db,
  );
  return rows;
}

/** The module of a virtual table; undefined for a real one. */
function moduleOf({ sql: text }: TableRow): string | undefined {
  return /^create\s+virtual\s+table\b[\s\S]*?\busing\s+["`[]?([\w$]+)/i.exec(text)?.[1];
}

/** The tables in which a virtual one keeps its rows are named after it; SQLite knows them only while it has the module. */
function ownerOf({ name }: TableRow, modules: ReadonlyMap<string, string>): string | null {
  for (const [virtual, module] of modules)
    if (name.startsWith(`${virtual}_`)) return `kept by the virtual table ${virtual} (${module})`;
  return null;
}

function virtualTable({ name }: TableRow, modules: ReadonlyMap<string, string>): CatalogTable {
  const owner = `a virtual table (${modules.get(name)})`;
  return {
    name,
    owner,
    comment: null,
    storage: null,
    columns: [],
    primaryKey: [],
    indexes: [],
    foreignKeys: [],
  };
}

interface ColumnRow {
  table: string;
  name: string;
  type: string;
  notnull: bigint;
  dflt_value: string | null;
  pk: bigint;
  /** 2 and 3 are generated columns, which `pragma_table_info` leaves out; 1 is a hidden one of a virtual table. */
  hidden: bigint;
}

/** One statement for all tables. A virtual one whose module is not there would make it fail: so it is not joined. */
const REAL_TABLES = sql`(
  select name from sqlite_schema
  where type = 'table' and name not glob 'sqlite_*' and lower(substr(ltrim(sql), 1, 14)) <> 'create virtual') as t`;

async function columnsOf(db: Db): Promise<ReadonlyMap<string, ColumnRow[]>> {
  const { rows } = await sql<ColumnRow>`
    select t.name as "table", c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
    from ${REAL_TABLES}, pragma_table_xinfo(t.name) as c
    where c.hidden <> 1 order by t.name, c.cid`.execute(db);
  return Map.groupBy(rows, (row) => row.table);
}

interface Parts {
  readonly columns: readonly ColumnRow[];
  readonly indexes: readonly CatalogIndex[];
  readonly foreignKeys: readonly CatalogForeignKey[];
}

function realTable(
  { name, sql: text }: TableRow,
  owner: string | null,
  { columns, indexes, foreignKeys }: Parts,
): CatalogTable {
  const checks = columnChecks(text);
  const keys = columns.filter((row) => row.pk > 0n).sort((a, b) => Number(a.pk - b.pk));
  return {
    name,
    comment: null,
    storage: null,
    owner,
    columns: columns.map((row) => column(row, keys.length === 1, checks.get(row.name))),
    primaryKey: keys.map((row) => row.name),
    indexes,
    foreignKeys,
  };
}

function column(row: ColumnRow, singleKey: boolean, check: string | undefined): CatalogColumn {
  const identity = singleKey && row.pk === 1n && row.type.toLowerCase() === 'integer';
  const type = identity ? 'bigint' : logicalType(row.type.toLowerCase());
  return {
    name: row.name,
    type,
    nativeType: row.type,
    nullable: row.notnull === 0n,
    default: identity ? 'identity' : defaultValue(row.dflt_value, type),
    check: check ?? null,
    generated: row.hidden > 1n,
    comment: null,
  };
}

function logicalType(declared: string): string {
  const string = /^varchar\((\d+)\)$/.exec(declared);
  if (string) return `string(${string[1]})`;
  const known: Record<string, string> = {
    bigint: 'bigint',
    int: 'integer',
    boolean: 'boolean',
    text: 'text',
    json_text: 'json',
    datetime_text: 'datetime',
    blob: 'binary',
  };
  return known[declared] ?? `other:${declared}`;
}

function defaultValue(text: string | null, type: string): string | null {
  if (text === null || /^null$/i.test(text)) return null;
  if (text.includes('strftime(')) return 'now';
  if (/^'(?:[^']|'')*'$/.test(text)) return JSON.stringify(text.slice(1, -1).replaceAll("''", "'"));
  if (type === 'boolean' && /^(true|false|0|1)$/i.test(text))
    return /^(true|1)$/i.test(text) ? 'true' : 'false';
  return /^-?\d+$/.test(text) ? text : `expression:${text}`;
}

interface IndexRow {
  table: string;
  name: string;
  unique: bigint;
  column: string | null;
}

async function indexesOf(db: Db): Promise<ReadonlyMap<string, CatalogIndex[]>> {
  const { rows } = await sql<IndexRow>`
    select t.name as "table", l.name, l."unique", i.name as "column"
    from ${REAL_TABLES}, pragma_index_list(t.name) as l, pragma_index_info(l.name) as i
    where l.origin <> 'pk' order by t.name, l.name, i.seqno`.execute(db);
  return grouped(
    rows,
    (row) => row.name,
    ([name, parts]) => ({
      name,
      columns: parts.map((part) => part.column ?? 'expression'),
      unique: parts[0]?.unique === 1n,
    }),
  );
}

interface KeyRow {
  table: string;
  id: bigint;
  from: string;
  target: string;
  to: string;
  on_delete: string;
}

async function foreignKeysOf(db: Db): Promise<ReadonlyMap<string, CatalogForeignKey[]>> {
  const { rows } = await sql<KeyRow>`
    select t.name as "table", f.id, f."from", f."table" as target, f."to", f.on_delete
    from ${REAL_TABLES}, pragma_foreign_key_list(t.name) as f
    order by t.name, f."from", f.seq`.execute(db);
  return grouped(
    rows,
    (row) => row.id,
    ([, parts]) => ({
      name: null,
      columns: parts.map((part) => part.from),
      table: parts[0]?.target ?? '',
      targetColumns: parts.map((part) => part.to),
      onDelete: parts[0]?.on_delete.toLowerCase() ?? '',
    }),
  );
}

/** By table, and within it by what tells one thing's rows from another's, in the order of the rows. */
function grouped<Row extends { readonly table: string }, Key, Thing>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
  make: (group: [Key, Row[]]) => Thing,
): ReadonlyMap<string, Thing[]> {
  const byTable = Map.groupBy(rows, (row) => row.table);
  return new Map([...byTable].map(([table, some]) => [table, [...Map.groupBy(some, keyOf)].map(make)]));
}
