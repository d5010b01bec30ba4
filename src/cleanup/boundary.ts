/** Where "the newest N" ends: found once, by key, and then held fixed however the table grows. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database, Timeline } from '../schema/index.ts';

/** The place of a row in the order of age: its instant, and its id among rows of the same instant. */
export interface Key {
  readonly at: string;
  readonly id: bigint;
}

const LOWEST_ID = -(2n ** 63n);

/** Everything before an instant. */
export function beginningOf(instant: string): Key {
  return { at: instant, id: LOWEST_ID };
}

/** The older of two boundaries: what lies before both. */
export function earlier(a: Key, b: Key): Key {
  return a.at < b.at || (a.at === b.at && a.id < b.id) ? a : b;
}

/** The younger of two boundaries: what lies before one of them. */
export function later(a: Key, b: Key): Key {
  return earlier(a, b) === a ? b : a;
}

/**
 * The oldest row to be kept, so that N are kept; null when there is nothing older. It reads N entries of an index that
 * ends with the timeline, whatever the size of the table.
 * @param of equality conditions on the columns before the timeline in that index
 */
export async function boundary(
  db: Kysely<Database>,
  timeline: Timeline,
  keep: number,
  of: RawBuilder<unknown> = sql`1 = 1`,
): Promise<Key | null> {
  const { rows } = await sql<Key>`
    select ${sql.ref(timeline.at)} as at, id from ${sql.table(timeline.table)} where ${of}
    order by ${sql.ref(timeline.at)} desc, id desc limit 1 offset ${sql.lit(Math.max(keep - 1, 0))}`.execute(
    db,
  );
  const row = rows[0];
  if (!row) return null;
  // Nothing is kept: the boundary lies just behind the newest row there is now, so that later ones stay.
  return keep === 0 ? { at: row.at, id: row.id + 1n } : row;
}

/** Rows strictly older than the key. Written out, because MySQL uses no index for `(a, b) < (x, y)`. */
export function older({ table, at }: Timeline, key: Key): RawBuilder<boolean> {
  const column = sql.ref(`${table}.${at}`);
  return sql<boolean>`(${column} <= ${key.at} and (${column} < ${key.at} or ${sql.ref(`${table}.id`)} < ${key.id}))`;
}

/** Rows strictly newer than the key: where a walk goes on. */
export function newer({ table, at }: Timeline, key: Key): RawBuilder<boolean> {
  const column = sql.ref(`${table}.${at}`);
  return sql<boolean>`(${column} >= ${key.at} and (${column} > ${key.at} or ${sql.ref(`${table}.id`)} > ${key.id}))`;
}
