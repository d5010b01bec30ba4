/** The planner's statistics of SQLite (`sqlite_stat1`): made when somebody asks for it, and out of date by its own rule. */
import { type Kysely, sql } from 'kysely';
import type { TableStatistics } from '../contract/upkeep.ts';

/** Entries of an index that are looked at, so that the time does not follow the table. Source: https://www.sqlite.org/lang_analyze.html */
const ANALYSIS_LIMIT = 1_000;

/** A table has changed enough when it has become so many times as large, or as small: the rule of `PRAGMA optimize`. */
const FACTOR = 10;

/**
 * Changes are not counted: what the last ANALYZE found is held against the rows that the table can have at most, by its
 * first and last key. `PRAGMA optimize(-1)`, which would tell as well, wants to write for that.
 * Source: https://www.sqlite.org/pragma.html#pragma_optimize
 */
export async function statistics(
  db: Kysely<unknown>,
  tables: readonly string[],
): Promise<readonly TableStatistics[]> {
  const { rows } = await sql<{ name: string }>`select name from sqlite_schema where type = 'table'`.execute(
    db,
  );
  const there = new Set(rows.map(({ name }) => name));
  const named = tables.filter((table) => there.has(table));
  const { present, analyzed } = await countsOf(db, named, there.has(FOUND));
  return named.map((table) => ({
    table,
    changes: null,
    threshold: null,
    analyzedAt: null,
    never: (present.get(table) ?? 0) > 0 && !analyzed.has(table),
    stale: isStale(present.get(table) ?? 0, analyzed.get(table)),
    why: null,
  }));
}

function isStale(present: number, analyzed: number | undefined): boolean {
  if (present === 0) return false; // There are none of an empty table, and it would be named for ever.
  if (analyzed === undefined) return true;
  return present >= analyzed * FACTOR || present * FACTOR <= analyzed;
}

/** Where ANALYZE keeps what it found: first the rows of the table. */
const FOUND = 'sqlite_stat1';

interface Counts {
  /** At most, by two looks into the tree of each table: one whose rows were deleted here and there seems larger. */
  readonly present: ReadonlyMap<string, number>;
  readonly analyzed: ReadonlyMap<string, number>;
}

/** @param isThere whether ANALYZE has ever been run */
async function countsOf(db: Kysely<unknown>, tables: readonly string[], isThere: boolean): Promise<Counts> {
  if (tables.length === 0) return { present: new Map(), analyzed: new Map() };
  const spans = tables.map(
    (table) => sql`
      select 0 as found, ${table} as name,
        coalesce((select max(rowid) from ${sql.table(table)}) - (select min(rowid) from ${sql.table(table)}) + 1, 0) as rows`,
  );
  const found = sql`
    select 1 as found, tbl as name, max(cast(stat as integer)) as rows from ${sql.table(FOUND)} group by tbl`;
  const { rows } = await sql<{
    found: bigint;
    name: string;
    rows: bigint | null;
  }>`${sql.join(isThere ? [...spans, found] : spans, sql` union all `)}`.execute(db);
  const of = (which: bigint) =>
    new Map(rows.filter((row) => row.found === which).map((row) => [row.name, Number(row.rows ?? 0n)]));
  return { present: of(0n), analyzed: of(1n) };
}

/** In transactions of its own: the write lock is held while the sample's figures are written. */
export async function analyze(db: Kysely<unknown>, table: string): Promise<void> {
  await db.connection().execute(async (session) => {
    const { rows } = await sql<{ analysis_limit: bigint }>`pragma analysis_limit`.execute(session);
    await sql`pragma analysis_limit = ${sql.lit(ANALYSIS_LIMIT)}`.execute(session);
    try {
      await sql`analyze ${sql.table(table)}`.execute(session);
    } finally {
      await sql`pragma analysis_limit = ${sql.lit(Number(rows[0]?.analysis_limit ?? 0n))}`.execute(session);
    }
  });
}
