/** The catalogue of MySQL and MariaDB, from `information_schema`. */
import { type Kysely, sql } from 'kysely';
import type { CatalogColumn, CatalogForeignKey, CatalogIndex, CatalogTable } from '../contract/catalogue.ts';
import { type DeleteRules, ownDeleteRules } from './delete-rules.ts';
import { isOwnDatabase } from './own-database.ts';

type Db = Kysely<unknown>;

/** In what the two servers describe the same column differently. */
export interface ColumnDialect {
  /** `table.column` of the columns that were declared JSON, where the server keeps them as text. */
  jsonColumns(db: Db): Promise<ReadonlySet<string>>;
  /** The text of a default as if the server did not quote it; null for none. */
  plainDefault(
    text: string | null,
    extra: string,
  ): { readonly text: string; readonly isExpression: boolean } | null;
}

export async function tableNames(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where ${isOwnDatabase('table_schema')} and table_type in ('BASE TABLE', 'SYSTEM VERSIONED')`.execute(db);
  return rows.map((row) => row.name).sort();
}

export async function viewNames(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where ${isOwnDatabase('table_schema')} and table_type = 'VIEW'`.execute(db);
  return rows.map((row) => row.name).sort();
}

/** @param collation of our texts: a column with another one is of another type */
export async function introspect(db: Db, dialect: ColumnDialect, collation: string): Promise<CatalogTable[]> {
  const tables = await tableRows(db);
  const columns = Map.groupBy(await columnRows(db), (row) => row.table_);
  const indexes = Map.groupBy(await indexRows(db), (row) => row.table_);
  const foreignKeys = Map.groupBy(await foreignKeyRows(db), (row) => row.table_);
  const rules = await ownDeleteRules(db);
  const json = await dialect.jsonColumns(db);
  return tables.map(({ name, comment, storage }) => ({
    name,
    owner: null,
    comment: comment || null,
    storage,
    columns: (columns.get(name) ?? []).map((row) => column(row, json, dialect, collation)),
    primaryKey: (indexes.get(name) ?? []).filter((row) => row.index_ === 'PRIMARY').map((row) => row.column_),
    indexes: groupIndexes(indexes.get(name) ?? []),
    foreignKeys: groupForeignKeys(foreignKeys.get(name) ?? [], rules),
  }));
}

/**
 * The row format is only told where it is one of the old ones, in which an index holds 767 bytes and long texts do not
 * fit beside each other: one that an administrator has compressed is as good as ours.
 */
async function tableRows(db: Db): Promise<{ name: string; comment: string; storage: string }[]> {
  const { rows } = await sql<{ name: string; comment: string; storage: string }>`
    select table_name as name, table_comment as comment, concat(engine, ' ', table_collation,
             case when row_format in ('Compact', 'Redundant') then concat(' ', lower(row_format)) else '' end) as storage
    from information_schema.tables
    where ${isOwnDatabase('table_schema')} and table_type in ('BASE TABLE', 'SYSTEM VERSIONED')`.execute(db);
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface ColumnRow {
  table_: string;
  column_: string;
  type: string;
  collation: string | null;
  nullable: string;
  default_: string | null;
  extra: string;
  /** Of a generated column its expression; of MariaDB's system versioning ROW START and ROW END. */
  generation: string;
  comment: string;
}

async function columnRows(db: Db): Promise<ColumnRow[]> {
  const { rows } = await sql<ColumnRow>`
    select table_name as table_, column_name as column_, column_type as type, collation_name as collation, is_nullable as nullable,
           column_default as default_, extra as extra,
           coalesce(generation_expression, '') as generation, column_comment as comment
    from information_schema.columns where ${isOwnDatabase('table_schema')}
    order by table_name, ordinal_position`.execute(db);
  return rows;
}

function column(
  row: ColumnRow,
  json: ReadonlySet<string>,
  dialect: ColumnDialect,
  collation: string,
): CatalogColumn {
  const isJson = json.has(`${row.table_}.${row.column_}`);
  const plain = isJson ? 'json' : logicalType(row.type.toLowerCase());
  const type =
    isJson || row.collation === null || row.collation === collation
      ? plain
      : `${plain} collate ${row.collation}`;
  return {
    name: row.column_,
    type,
    nativeType: row.type,
    nullable: row.nullable === 'YES',
    default: /auto_increment/i.test(row.extra)
      ? 'identity'
      : defaultValue(dialect.plainDefault(row.default_, row.extra), type),
    check: null,
    // MySQL says DEFAULT_GENERATED of a default that is an expression.
    generated:
      /\b(?:virtual|stored|persistent) generated\b/i.test(row.extra) ||
      /^row (?:start|end)$/i.test(row.generation),
    comment: row.comment || null,
  };
}

function logicalType(native: string): string {
  const string = /^varchar\((\d+)\)$/.exec(native);
  if (string) return `string(${string[1]})`;
  // Widths of integers are decoration; MariaDB still shows them, and TINYINT(1) is what BOOLEAN stands for.
  const known: Record<string, string> = {
    bigint: 'bigint',
    int: 'integer',
    'tinyint(1)': 'boolean',
    longtext: 'text',
    json: 'json',
    'datetime(6)': 'datetime',
    longblob: 'binary',
  };
  return known[native] ?? known[native.replace(/\(\d+\)$/, '')] ?? `other:${native}`;
}

function defaultValue(
  value: { readonly text: string; readonly isExpression: boolean } | null,
  type: string,
): string | null {
  if (value === null) return null;
  if (/^\(?utc_timestamp\(6\)\)?$/i.test(value.text)) return 'now';
  if (value.isExpression) return `expression:${value.text}`;
  if (type === 'boolean') return value.text === '1' ? 'true' : 'false';
  return /^(bigint|integer)$/.test(type) ? value.text : JSON.stringify(value.text);
}

interface IndexRow {
  table_: string;
  index_: string;
  column_: string;
  non_unique: bigint | number;
}

// Every column is named with AS: MySQL 8 would answer with the upper-case names of its own views.
async function indexRows(db: Db): Promise<IndexRow[]> {
  const { rows } = await sql<IndexRow>`
    select table_name as table_, index_name as index_, coalesce(column_name, 'expression') as column_,
           non_unique as non_unique
    from information_schema.statistics where ${isOwnDatabase('table_schema')}
    order by table_name, index_name, seq_in_index`.execute(db);
  return rows;
}

function groupIndexes(rows: readonly IndexRow[]): CatalogIndex[] {
  const groups = Map.groupBy(
    rows.filter((row) => row.index_ !== 'PRIMARY'),
    (row) => row.index_,
  );
  return [...groups]
    .map(([name, parts]) => ({
      name,
      columns: parts.map((part) => part.column_),
      unique: Number(parts[0]?.non_unique) === 0,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface ForeignKeyRow {
  table_: string;
  name: string;
  column_: string;
  target: string;
  targetColumn: string;
}

async function foreignKeyRows(db: Db): Promise<ForeignKeyRow[]> {
  const { rows } = await sql<ForeignKeyRow>`
    select table_name as table_, constraint_name as name, column_name as column_,
           referenced_table_name as target, referenced_column_name as targetColumn
    from information_schema.key_column_usage
    where ${isOwnDatabase('table_schema')} and referenced_table_name is not null
    order by table_name, column_name, ordinal_position`.execute(db);
  return rows;
}

function groupForeignKeys(rows: readonly ForeignKeyRow[], rules: DeleteRules): CatalogForeignKey[] {
  return [...Map.groupBy(rows, (row) => row.name)].map(([name, parts]) => ({
    name,
    columns: parts.map((part) => part.column_),
    table: parts[0]?.target ?? '',
    targetColumns: parts.map((part) => part.targetColumn),
    onDelete: rules.of(parts[0]?.table_ ?? '', name),
  }));
}
