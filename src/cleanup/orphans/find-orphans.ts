/**
 * Finds rows whose foreign key leads nowhere. No walk from the parents ever meets them: the child's index is walked, over
 * its different values, a portion of each foreign key at a time, and all of them in one statement.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Engine, utc } from '../../engines/index.ts';
import { DAY_MS, HIGHEST_ID, LOWEST_ID } from '../../schema/index.ts';
import { type ForeignKey, isFree, keyName, leadsNowhere } from './foreign-key.ts';

/** Values that are looked at of a foreign key to a table that grows, and of one to another. */
const VALUES_OF_JOBS = 2_500;
const VALUES = 500;
/** Orphans of a foreign key that are taken at a time: values, and rows. */
const MOST_VALUES = 200;
const MOST_ROWS = 1_000;
/** Values that are asked for in a statement. */
const TOGETHER = 50;
/** Younger rows are left alone, in milliseconds: who loads rows with foreign keys off may not be done. */
const MINIMUM_AGE_MS = DAY_MS;
/** Values that are remembered of a table whose rows do not know their age. */
const MOST_SEEN = 100;

/** Where the next look continues: by the name of each key the value, and since when values were seen that lead nowhere. */
export interface OrphanPosition {
  readonly from: Readonly<Record<string, string>>;
  readonly seen: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface FoundOrphans {
  readonly key: ForeignKey;
  /** Of rows, the first so many; they are old enough. */
  readonly ids: readonly bigint[];
}

interface Portion {
  readonly key: ForeignKey;
  readonly from: bigint;
  readonly most: number;
}

interface Progress {
  readonly place: number | bigint;
  readonly looked: bigint;
  readonly found: bigint;
  readonly last: bigint | null;
}

/** Reads only. @param now in milliseconds since the epoch @throws the signal's reason */
export async function findOrphans(
  engine: Engine,
  keys: readonly ForeignKey[],
  position: OrphanPosition,
  now: number,
  signal?: AbortSignal,
): Promise<{ readonly orphans: readonly FoundOrphans[]; readonly position: OrphanPosition }> {
  const portions = keys.map((key) => portionOf(key, position));
  const db = engine.kysely<unknown>();
  const { rows } = await progressQuery(engine, portions).execute(db);
  const [from, seen] = [{} as Record<string, string>, {} as Record<string, Record<string, string>>];
  const orphans: FoundOrphans[] = [];
  for (const progress of rows) {
    signal?.throwIfAborted();
    const portion = portions[Number(progress.place)];
    if (!portion) continue;
    const name = keyName(portion.key);
    let next = nextOf(portion, progress);
    if (progress.found < progress.looked) {
      const found = await orphansOf(db, engine, portion, position.seen[name] ?? {}, now);
      if (found.ids.length > 0) orphans.push({ key: portion.key, ids: found.ids });
      if (found.next !== null) next = found.next;
      if (Object.keys(found.seen).length > 0) seen[name] = found.seen;
    }
    if (next !== null) from[name] = String(next);
  }
  return { orphans, position: { from, seen } };
}

function portionOf(key: ForeignKey, { from }: OrphanPosition): Portion {
  const known = from[keyName(key)];
  return {
    key,
    from: known === undefined ? LOWEST_ID : BigInt(known),
    most: key.target === 'job' ? VALUES_OF_JOBS : VALUES,
  };
}

/** A line for each portion: how many values were looked at, for how many there is something, and the last of them. */
export function progressQuery(engine: Engine, portions: readonly Portion[]): RawBuilder<Progress> {
  const each = portions.map(
    ({ key, from, most }, place) => sql`
      select ${sql.lit(place)} as place, count(*) as looked, max(v.value) as last,
        count((select t.id from ${sql.table(key.target)} as t where t.id = v.value)) as found
      from (${engine.distinctValues({ ...key, from, most })}) as v`,
  );
  return sql<Progress>`${sql.join(each, sql` union all `)}`;
}

/** @returns null for the beginning */
function nextOf({ most }: Portion, { looked, last }: Progress): bigint | null {
  if (last === null || Number(looked) < most || last >= HIGHEST_ID) return null;
  return last + 1n;
}

interface OfPortion {
  readonly ids: readonly bigint[];
  /** Where the next look continues instead of behind the portion; null where all of it was looked at. */
  readonly next: bigint | null;
  readonly seen: Record<string, string>;
}

async function orphansOf(
  db: Kysely<unknown>,
  engine: Engine,
  portion: Portion,
  before: Readonly<Record<string, string>>,
  now: number,
): Promise<OfPortion> {
  const values = await valuesOf(db, engine, portion);
  const { ripe, seen } =
    portion.key.madeAt === null ? bySight(values, before, now) : { ripe: values, seen: {} };
  const found: { readonly id: bigint; readonly value: bigint }[] = [];
  for (let at = 0; at < ripe.length && found.length < MOST_ROWS; at += TOGETHER) {
    const { rows } = await rowsQuery(portion.key, ripe.slice(at, at + TOGETHER), now).execute(db);
    found.push(...rows);
  }
  // Behind the last one, even where its value has more rows: those that are only reported would be met for ever.
  const last = found[MOST_ROWS - 1]?.value ?? (values.length === MOST_VALUES ? values.at(-1) : undefined);
  const next = last === undefined || last === HIGHEST_ID ? null : last + 1n;
  return { ids: found.slice(0, MOST_ROWS).map(({ id }) => id), next, seen };
}

async function valuesOf(
  db: Kysely<unknown>,
  engine: Engine,
  { key, from, most }: Portion,
): Promise<bigint[]> {
  const { rows } = await sql<{ value: bigint }>`
    select v.value from (${engine.distinctValues({ ...key, from, most })}) as v
    where not exists (select 1 from ${sql.table(key.target)} as t where t.id = v.value)
    order by v.value limit ${sql.lit(MOST_VALUES)}`.execute(db);
  return rows.map(({ value }) => value);
}

/** Values of rows that do not know their age: those that were seen by a look that is a day old. */
function bySight(values: readonly bigint[], before: Readonly<Record<string, string>>, now: number) {
  const since = (value: bigint) => before[String(value)] ?? utc(now);
  const ripe = values.filter((value) => since(value) <= utc(now - MINIMUM_AGE_MS));
  const seen = Object.fromEntries(values.slice(0, MOST_SEEN).map((value) => [String(value), since(value)]));
  return { ripe, seen };
}

/** Rows with one of the values, in their order; of each value so many at most, found by its index. */
export function rowsQuery(
  key: ForeignKey,
  values: readonly bigint[],
  now: number,
): RawBuilder<{ id: bigint; value: bigint }> {
  const { table, column, madeAt } = key;
  const old = madeAt === null ? sql`` : sql` and ${sql.ref(`c.${madeAt}`)} < ${utc(now - MINIMUM_AGE_MS)}`;
  const each = values.map(
    (value) => sql`select * from (
      select c.id as id, ${sql.ref(`c.${column}`)} as value from ${sql.table(table)} as c
      where ${sql.ref(`c.${column}`)} = ${value}${old} and ${isFree(key, 'c', utc(now))} limit ${sql.lit(MOST_ROWS)}
    ) as one`,
  );
  return sql`${sql.join(each, sql` union all `)}`;
}

/** Those of the rows that are still orphans and held by nobody, under locks where there are such. @param db a transaction */
export async function stillOrphans(
  engine: Engine,
  db: Kysely<unknown>,
  key: ForeignKey,
  ids: readonly bigint[],
): Promise<readonly bigint[]> {
  const lock = engine.capabilities.rowLocks ? sql` for update` : sql``;
  const { rows } = await sql<{ id: bigint }>`
    select c.id from ${sql.table(key.table)} as c where ${engine.among('c.id', ids)}
      and ${leadsNowhere(key, 'c')} and ${isFree(key, 'c', utc(Date.now()))}${lock}`.execute(db);
  return rows.map(({ id }) => id);
}
