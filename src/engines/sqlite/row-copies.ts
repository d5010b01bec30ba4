/** Copies of rows in temporary tables, where there are no row locks to keep the rows themselves as they were read. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { CopiedRows, RowCopies } from '../contract/rows.ts';
import { smallCache } from './small-cache.ts';

/** What is more lies in a file without a name, which nobody syncs. */
const CACHE_KB = 1_024;
/** Copying and comparing such a row has it in memory twice. */
const LARGE_ROW = 4 * 1024 * 1024;
const KEY = 'id';

/** @param among whether a column of ids is among these */
export function rowCopies(
  db: Kysely<unknown>,
  among: (column: string, ids: readonly bigint[]) => RawBuilder<boolean>,
): RowCopies {
  /** Of the tables that have a place for copies. */
  const columnsOf = new Map<string, readonly string[]>();
  let usual: (() => Promise<void>) | undefined;

  async function asUsual(): Promise<void> {
    await usual?.();
    usual = undefined;
  }

  async function emptyCopy(table: string): Promise<readonly string[]> {
    const known = columnsOf.get(table);
    if (known) {
      await sql`delete from ${copyOf(table)}`.execute(db);
      return known;
    }
    await sql`pragma temp.cache_size = ${sql.lit(-CACHE_KB)}`.execute(db);
    const { rows } = await sql<Column>`select name, type from pragma_table_info(${table})`.execute(db);
    await sql`create temp table ${sql.id(nameOf(table))} (${sql.join(rows.map(declared))})`.execute(db);
    const columns = rows.map(({ name }) => name);
    columnsOf.set(table, columns);
    return columns;
  }

  return {
    copyOf: (table) => `temp.${nameOf(table)}`,
    async take(rows, largestRow) {
      const isLarge = largestRow > LARGE_ROW;
      // It stays small while such rows are deleted.
      if (isLarge) usual ??= await smallCache(db);
      else await asUsual();
      const columns: (readonly string[])[] = [];
      for (const { table } of rows) columns.push(await emptyCopy(table));
      // A transaction that only reads the file: what it writes is its own, and it keeps nobody from writing.
      await db
        .transaction()
        .setAccessMode('read only')
        .execute(async (snapshot) => {
          for (const [place, { table, column, ids }] of rows.entries()) {
            const all = sql.join((columns[place] ?? []).map((name) => sql.id(name)));
            await sql`insert into ${copyOf(table)} (${all}) select ${all} from ${mainTable(table)}
              where ${among(column, ids)}`.execute(snapshot);
          }
        });
    },
    async areCurrent(now, rows) {
      for (const one of rows) if (!(await isCurrent(now, one, columnsOf.get(one.table)))) return false;
      return true;
    },
  };

  /** As many rows, and each of them equal to its copy in all columns. */
  async function isCurrent(
    now: Kysely<unknown>,
    { table, column, ids }: CopiedRows,
    columns: readonly string[] | undefined,
  ): Promise<boolean> {
    if (!columns) return false;
    const isSame = columns.map((name) => sql`live.${sql.id(name)} is copied.${sql.id(name)} collate binary`);
    const { rows } = await sql<{ copied: bigint; live: bigint; same: bigint }>`
      select
        (select count(*) from ${copyOf(table)}) as copied,
        (select count(*) from ${mainTable(table)} where ${among(column, ids)}) as live,
        (select count(*) from ${copyOf(table)} as copied cross join ${mainTable(table)} as live on live.id = copied.id
          where ${sql.join(isSame, sql` and `)} and ${among(`live.${column}`, ids)}) as same`.execute(now);
    const [counts] = rows;
    return counts !== undefined && counts.copied === counts.live && counts.live === counts.same;
  }
}

interface Column {
  readonly name: string;
  readonly type: string;
}

/** Its type says what its values are read as; one that is not of ours is of no column that is read. */
function declared({ name, type }: Column): RawBuilder<unknown> {
  const known = /^\w*( ?\(\d+(, ?\d+)?\))?$/.test(type) ? sql.raw(type) : sql``;
  return sql`${sql.id(name)} ${known} ${name === KEY ? sql`primary key` : sql``}`;
}

function nameOf(table: string): string {
  return `copied_${table}`;
}

function copyOf(table: string): RawBuilder<unknown> {
  return sql.table(`temp.${nameOf(table)}`);
}

function mainTable(table: string): RawBuilder<unknown> {
  return sql.table(`main.${table}`);
}
