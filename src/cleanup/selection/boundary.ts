/** Where "the newest N" ends: found once, by key, and then held fixed however the table grows. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { type Database, HIGHEST_ID, LOWEST_ID, type Timeline } from '../../schema/index.ts';

/** The place of a row in the order of age: its instant, and its id among rows of the same instant. */
export interface Key {
  readonly at: string;
  readonly id: bigint;
}

/** Everything before an instant. */
export function beginningOf(instant: string): Key {
  return { at: instant, id: LOWEST_ID };
}

/** The older of two boundaries: what lies before both. */
export function earlier(a: Key, b: Key): Key {
  return isOlder(a, b) ? a : b;
}

/** Whether a row comes before another one in the order of age, as the engines have it. */
export function isOlder(a: Key, b: Key): boolean {
  const order = compareInstants(a.at, b.at);
  return order < 0 || (order === 0 && a.id < b.id);
}

/** Characters of an instant of the years 0001 to 9999, which are in the order of time as they are. */
const USUAL_LENGTH = 26;

export function compareInstants(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length === USUAL_LENGTH && b.length === USUAL_LENGTH) return a < b ? -1 : 1;
  const [yearA, restA] = yearOf(a);
  const [yearB, restB] = yearOf(b);
  return yearA - yearB || (restA < restB ? -1 : 1);
}

/** What PostgreSQL has beyond those years: infinity, years of more digits, and years before Christ. */
function yearOf(instant: string): [year: number, rest: string] {
  const [, year = '', rest = '', before] = /^(\d+)(-.*?)( BC)?$/.exec(instant) ?? [];
  if (year === '') return [instant.startsWith('-') ? -HIGHEST_YEAR : HIGHEST_YEAR, ''];
  return [before ? 1 - Number(year) : Number(year), rest];
}

const HIGHEST_YEAR = 1_000_000;

/** The younger of two boundaries: what lies before one of them. */
export function later(a: Key, b: Key): Key {
  return earlier(a, b) === a ? b : a;
}

/** The oldest row of a whole table to be kept, so that N are kept; null when there is nothing older. */
export async function newestOfAll(engine: Engine, timeline: Timeline, keep: number): Promise<Key | null> {
  if (keep === 0) return boundary(engine.kysely<Database>(), timeline, 0);
  const { table, at } = timeline;
  return engine.oldestOfNewest(engine.kysely(), { table, at, n: keep });
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
  // Nothing is kept: the boundary lies just behind the newest row there is now, so that later ones are kept.
  return keep === 0 ? justBehind(row) : row;
}

function justBehind({ at, id }: Key): Key {
  // No id is larger than the largest: the next instant begins right behind it.
  return id < HIGHEST_ID ? { at, id: id + 1n } : beginningOf(microsecondAfter(at));
}

/** @param instant `YYYY-MM-DD HH:MM:SS.ffffff` */
function microsecondAfter(instant: string): string {
  const next = Number(instant.slice(20)) + 1;
  if (next < 1_000_000) return `${instant.slice(0, 20)}${String(next).padStart(6, '0')}`;
  const second = new Date(Date.parse(`${instant.slice(0, 19).replace(' ', 'T')}Z`) + 1_000);
  return `${second.toISOString().slice(0, 19).replace('T', ' ')}.000000`;
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
