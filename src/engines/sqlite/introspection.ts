/** The catalogue of an SQLite database, from its pragmas and its schema table. */
import { type Kysely, sql } from 'kysely';
import type { CatalogColumn, CatalogForeignKey, CatalogIndex, CatalogTable } from '../catalog.ts';

type Db = Kysely<unknown>;

export async function tableNames(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_schema where type = 'table' and name not glob 'sqlite_*' order by name`.execute(
    db,
  );
  return rows.map((row) => row.name);
}

export async function introspect(db: Db): Promise<CatalogTable[]> {
  const tables: CatalogTable[] = [];
  for (const name of await tableNames(db)) tables.push(await introspectTable(db, name));
  return tables;
}

interface ColumnRow {
  name: string;
  type: string;
  notnull: bigint;
  dflt_value: string | null;
  pk: bigint;
}

async function introspectTable(db: Db, name: string): Promise<CatalogTable> {
  const { rows } =
    await sql<ColumnRow>`select name, type, "notnull", dflt_value, pk from pragma_table_info(${name}) order by cid`.execute(
      db,
    );
  const keys = rows.filter((row) => row.pk > 0n).sort((a, b) => Number(a.pk - b.pk));
  return {
    name,
    comment: null,
    storage: null,
    columns: rows.map((row) => column(row, keys.length === 1)),
    primaryKey: keys.map((row) => row.name),
    indexes: await indexes(db, name),
    foreignKeys: await foreignKeys(db, name),
  };
}

function column(row: ColumnRow, singleKey: boolean): CatalogColumn {
  const identity = singleKey && row.pk === 1n && row.type.toLowerCase() === 'integer';
  const type = identity ? 'bigint' : logicalType(row.type.toLowerCase());
  return {
    name: row.name,
    type,
    nativeType: row.type,
    nullable: row.notnull === 0n,
    default: identity ? 'identity' : defaultValue(row.dflt_value, type),
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

async function indexes(db: Db, table: string): Promise<CatalogIndex[]> {
  const { rows } = await sql<{ name: string; unique: bigint; column: string | null }>`
    select l.name, l."unique", i.name as "column"
    from pragma_index_list(${table}) as l, pragma_index_info(l.name) as i
    where l.origin <> 'pk' order by l.name, i.seqno`.execute(db);
  return [...Map.groupBy(rows, (row) => row.name)].map(([name, parts]) => ({
    name,
    columns: parts.map((part) => part.column ?? 'expression'),
    unique: parts[0]?.unique === 1n,
  }));
}

async function foreignKeys(db: Db, table: string): Promise<CatalogForeignKey[]> {
  const { rows } = await sql<{ id: bigint; from: string; table: string; to: string; on_delete: string }>`
    select id, "from", "table", "to", on_delete from pragma_foreign_key_list(${table}) order by "from", seq`.execute(
    db,
  );
  return [...Map.groupBy(rows, (row) => row.id).values()].map((parts) => ({
    name: null,
    columns: parts.map((part) => part.from),
    table: parts[0]?.table ?? '',
    targetColumns: parts.map((part) => part.to),
    onDelete: parts[0]?.on_delete.toLowerCase() ?? '',
  }));
}
