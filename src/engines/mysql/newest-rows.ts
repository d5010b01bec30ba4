/**
 * Where the newest so many rows of a table begin. InnoDB walks up an index in half the time that it takes to walk down, and
 * counts a table by its widest index; an OFFSET must be a number. So it is walked up twice, seen at one moment.
 */
import { type Kysely, sql } from 'kysely';
import type { NewestRows, Place } from '../contract/rows.ts';
import { fromNewest, fromOldest, isLittleMore, placeOf, rowsAtMost } from '../newest-rows.ts';

export async function oldestOfNewest(db: Kysely<unknown>, wanted: NewestRows): Promise<Place | null> {
  const { table, n } = wanted;
  const most = await rowsAtMost(db, table);
  if (most <= BigInt(n)) return null;
  if (!isLittleMore(most, n)) return placeOf(db, wanted, fromNewest(wanted));
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (snapshot) => {
      const [beyond] = (await fromOldest(wanted, sql.lit(n)).execute(snapshot)).rows;
      if (!beyond) return null;
      const { rows } = await fromHere(wanted, beyond).execute(snapshot);
      return placeOf(snapshot, wanted, fromOldest(wanted, sql.lit(Number(rows[0]?.count ?? 0n))));
    });
}

/** How many rows there are from a place on. Written out, because MySQL uses no index for `(a, b) >= (x, y)`. */
function fromHere({ table, at }: NewestRows, place: Place) {
  const instant = sql.ref(at);
  return sql<{ count: bigint }>`
    select count(*) as count from ${sql.table(table)}
    where ${instant} >= ${place.at} and (${instant} > ${place.at} or id >= ${place.id})`;
}
