/** How many rows refer to nothing; what can be done about them is for others. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { LOWEST_ID } from '../../schema/index.ts';
import { progressQuery } from './find-orphans.ts';
import { type ForeignKey, leadsNowhere } from './foreign-key.ts';

/** Rows are counted up to so many; what is more is "more than". */
const MOST_COUNTED = 10_000;
/** Different values that a quick look takes of each foreign key, from the lowest one on. */
const QUICK_VALUES = 1_000;
/** Ids that are named. */
const NAMED = 5;

export interface CountOptions {
  /** Looks at the first values of each foreign key alone, by its index. */
  readonly quick: boolean;
}

export interface CountedOrphans {
  readonly key: ForeignKey;
  readonly count: number;
  /** What was counted: rows, or (quick) ids of parents that are missing. */
  readonly of: 'rows' | 'parents';
  /** There may be more. */
  readonly atLeast: boolean;
  /** The first few of them. */
  readonly ids: readonly bigint[];
}

/** Reads only; young rows count as well. @param db the session that is asked */
export async function countOrphans(
  engine: Engine,
  db: Kysely<unknown>,
  keys: readonly ForeignKey[],
  { quick }: CountOptions,
): Promise<readonly CountedOrphans[]> {
  const counted: CountedOrphans[] = [];
  for (const key of quick ? await suspects(engine, db, keys) : keys) {
    const found = await (quick ? missingParents(engine, db, key) : orphanRows(db, key));
    if (found.count > 0) counted.push(found);
  }
  return counted;
}

/** All of them in one statement. */
async function suspects(
  engine: Engine,
  db: Kysely<unknown>,
  keys: readonly ForeignKey[],
): Promise<ForeignKey[]> {
  const portions = keys.map((key) => ({ key, from: LOWEST_ID, most: QUICK_VALUES }));
  const { rows } = await progressQuery(engine, portions).execute(db);
  return rows.flatMap(({ place, looked, found }) => (found < looked ? (keys[Number(place)] ?? []) : []));
}

async function missingParents(engine: Engine, db: Kysely<unknown>, key: ForeignKey): Promise<CountedOrphans> {
  const { rows } = await sql<{ value: bigint }>`
    select v.value from (${engine.distinctValues({ ...key, from: LOWEST_ID, most: QUICK_VALUES })}) as v
    where not exists (select 1 from ${sql.table(key.target)} as t where t.id = v.value) order by v.value`.execute(
    db,
  );
  const ids = rows.slice(0, NAMED).map(({ value }) => value);
  return { key, count: rows.length, of: 'parents', atLeast: true, ids };
}

async function orphanRows(db: Kysely<unknown>, key: ForeignKey): Promise<CountedOrphans> {
  const orphans = (most: number) => sql<{ id: bigint }>`
    select c.id as id from ${sql.table(key.table)} as c where ${leadsNowhere(key, 'c')} limit ${sql.lit(most)}`;
  const { rows } = await orphans(NAMED).execute(db);
  if (rows.length < NAMED)
    return { key, count: rows.length, of: 'rows', atLeast: false, ids: rows.map(({ id }) => id) };
  const { rows: all } = await sql<{ n: bigint }>`
    select count(*) as n from (${orphans(MOST_COUNTED + 1)}) as orphan`.execute(db);
  const count = Number(all[0]?.n ?? 0n);
  return {
    key,
    count: Math.min(count, MOST_COUNTED),
    of: 'rows',
    atLeast: count > MOST_COUNTED,
    ids: rows.map(({ id }) => id),
  };
}
