/** Where the newest so many rows of a table begin. Counting all of them is faster than walking over them one by one. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { NewestRows, Place } from './contract/rows.ts';

/**
 * For engines that count a table by its smallest index: where there are not many more rows than wanted, all are counted, and
 * the few that are too many are passed over from the oldest on. It is one statement, so that both are of one moment.
 * @param surplus a number of rows less another one, as what OFFSET takes
 * @param prepared gives the session in which to count
 */
export function byCountingAll(
  surplus: (rows: RawBuilder<unknown>, n: number) => RawBuilder<unknown>,
  prepared: Prepared = (db, count) => count(db),
) {
  return async (db: Kysely<unknown>, wanted: NewestRows): Promise<Place | null> => {
    const { table, n } = wanted;
    const most = await rowsAtMost(db, table);
    if (most <= BigInt(n)) return null;
    const passed = surplus(sql`(select count(*) from ${sql.table(table)})`, n);
    const query = isLittleMore(most, n) ? fromOldest(wanted, passed) : fromNewest(wanted);
    return prepared(db, (session) => placeOf(session, wanted, query));
  };
}

type Prepared = (
  db: Kysely<unknown>,
  count: (session: Kysely<unknown>) => Promise<Place | null>,
) => Promise<Place | null>;

/** Ids are different whole numbers: between the smallest and the largest there are no more rows than numbers. */
export async function rowsAtMost(db: Kysely<unknown>, table: string): Promise<bigint> {
  const name = sql.table(table);
  const { rows } = await sql<{ lowest: bigint | null; highest: bigint | null }>`
    select (select min(id) from ${name}) as lowest, (select max(id) from ${name}) as highest`.execute(db);
  const { lowest = null, highest = null } = rows[0] ?? {};
  return lowest === null || highest === null ? 0n : BigInt(highest) - BigInt(lowest) + 1n;
}

/** Whether fewer rows are too many than are wanted; otherwise the end is nearer from the newest. */
export function isLittleMore(most: bigint, n: number): boolean {
  return most < 2n * BigInt(n);
}

export function fromNewest({ table, at, n }: NewestRows): RawBuilder<Place> {
  const instant = sql.ref(at);
  return sql`select ${instant} as at, id from ${sql.table(table)} order by ${instant} desc, id desc limit 1 offset ${sql.lit(n - 1)}`;
}

/** @param passed how many rows are older */
export function fromOldest({ table, at }: NewestRows, passed: RawBuilder<unknown>): RawBuilder<Place> {
  const instant = sql.ref(at);
  return sql`select ${instant} as at, id from ${sql.table(table)} order by ${instant}, id limit 1 offset ${passed}`;
}

/** @returns null for the very oldest row, before which there is nothing */
export async function placeOf(
  db: Kysely<unknown>,
  { table, at }: NewestRows,
  query: RawBuilder<Place>,
): Promise<Place | null> {
  const { rows } = await sql<Place & { oldest: bigint }>`
    select place.at, place.id, (select id from ${sql.table(table)} order by ${sql.ref(at)}, id limit 1) as oldest
    from (${query}) as place`.execute(db);
  const [row] = rows;
  return row && row.id !== row.oldest ? { at: row.at, id: row.id } : null;
}
