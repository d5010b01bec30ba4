/** How many rows depend on those that are deleted, and on which of them: along the foreign keys, in one statement each. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import {
  type Dependent,
  isRepeated,
  nameOf,
  PURGED,
  type PurgedTable,
  type Step,
  tableOf,
} from './dependents.ts';
import { unreadableDependents } from './failures.ts';

/**
 * Which rows are deleted: a condition on a table under the name given; null where none of the table are.
 * Those of a job are the ones that are deleted with it.
 */
export type Chosen = (table: PurgedTable, name: string) => RawBuilder<boolean> | null;

export async function countDependents(
  db: Kysely<unknown>,
  dependent: Dependent,
  chosen: Chosen,
): Promise<number> {
  const found = rowsOf(dependent, chosen, undefined);
  if (!found) return 0;
  const query = sql<{ n: bigint }>`
    ${found.walks} select count(*) as n from ${found.from} where ${found.where}`;
  const { rows } = await query.execute(db).catch((error: unknown) => explain(error, dependent));
  return Number(rows[0]?.n ?? 0n);
}

/** Those of the chosen rows, or of their jobs, that rows depend on. @param key its column in the root's table */
export async function dependedOn(
  db: Kysely<unknown>,
  dependent: Dependent,
  key: 'id' | 'job_id',
  chosen: Chosen,
): Promise<readonly bigint[]> {
  const found = rowsOf(dependent, chosen, key);
  if (!found) return [];
  const query = sql<{ id: bigint }>`
    ${found.walks} select distinct ${found.key} as id from ${found.from} where ${found.where}`;
  const { rows } = await query.execute(db).catch((error: unknown) => explain(error, dependent));
  return rows.map(({ id }) => id);
}

/** The catalogue names tables that an account may not read. */
function explain(error: unknown, dependent: Dependent): never {
  if (!isMultiFlexiError(error, 'PERMISSION_DENIED')) throw error;
  throw unreadableDependents(nameOf(dependent), dependent.path.at(-1)?.schema ?? null);
}

/** What the rows that depend refer by: the values of their foreign key, each once, a column `c0`, `c1`, … for each of its columns. */
export async function referredBy(
  db: Kysely<unknown>,
  dependent: Dependent,
  chosen: Chosen,
): Promise<readonly (readonly unknown[])[]> {
  const found = rowsOf(dependent, chosen, undefined);
  const step = dependent.path.at(-1);
  if (!found || !step) return [];
  const values = step.columns.map((column, n) => sql`${sql.id(found.last, column)} as ${sql.id(`c${n}`)}`);
  const { rows } = await sql<Record<string, unknown>>`
    ${found.walks} select distinct ${sql.join(values)} from ${found.from} where ${found.where}`.execute(db);
  return rows.map((row) => step.columns.map((_, n) => row[`c${n}`]));
}

/** How many rows refer by these values. */
export async function countReferring(
  db: Kysely<unknown>,
  { schema, table, columns }: Step,
  values: readonly unknown[],
): Promise<number> {
  const same = columns.map((column, n) => sql`${sql.id(column)} = ${values[n]}`);
  const { rows } = await sql<{ n: bigint }>`
    select count(*) as n from ${tableOf({ schema, table })} where ${sql.join(same, sql` and `)}`.execute(db);
  return Number(rows[0]?.n ?? 0n);
}

/** Rows as far as a path has been followed. */
interface Reached {
  /** Of tables whose rows depend on rows of their own. */
  readonly walks: readonly RawBuilder<unknown>[];
  readonly from: RawBuilder<unknown>;
  readonly where: RawBuilder<unknown>;
  /** The name under which the last table's rows stand in `from`. */
  readonly last: string;
  /** What is known of the chosen row behind each of them; undefined where nobody asks. */
  readonly key: RawBuilder<unknown> | undefined;
}

/** Those that are chosen themselves depend on nothing. */
function rowsOf({ root, path }: Dependent, chosen: Chosen, key: 'id' | 'job_id' | undefined) {
  const isChosen = chosen(root, 'root');
  if (!isChosen) return undefined;
  let reached: Reached = {
    walks: [],
    from: sql`${sql.table(root)} as root`,
    where: isChosen,
    last: 'root',
    key: key && sql.ref(`root.${key}`),
  };
  let before = reached;
  path.forEach((step, place) => {
    before = reached;
    reached = isRepeated(step) ? walked(reached, step, path[place + 1], place) : joined(reached, step, place);
  });
  const last = path.at(-1);
  const purged = last?.schema === null ? PURGED.find((table) => table === last.table) : undefined;
  const goesToo = purged && chosen(purged, reached.last);
  const others = goesToo ? sql` and coalesce(${goesToo}, ${sql.lit(false)}) = ${sql.lit(false)}` : sql``;
  // Rows that are reached without a walk as well are counted there.
  const again = last && isRepeated(last) && !key ? sql` and not ${isAmong(reached, before, last)}` : sql``;
  const walks = reached.walks.length === 0 ? sql`` : sql`with recursive ${sql.join(reached.walks)}`;
  return { ...reached, walks, where: sql`${reached.where}${others}${again}` };
}

function joined({ walks, from, where, last, key }: Reached, step: Step, place: number): Reached {
  const name = `d${place}`;
  return {
    walks,
    from: sql`${from} join ${tableOf(step)} as ${sql.id(name)} on ${refers(step, name, last)}`,
    where,
    last: name,
    key,
  };
}

const KEY = 'multiflexi_root';

/** From row to row of a table for as long as there are more; a circle of rows ends it, as none is met twice. */
function walked(
  { walks, from, where, last, key }: Reached,
  step: Step,
  next: Step | undefined,
  place: number,
): Reached {
  const [walk, name] = [`walk${place}`, `d${place}`];
  const keys = [step, ...step.alsoBy];
  const columns = [
    ...new Set([
      ...keys.flatMap((one) => [...one.columns, ...one.targetColumns]),
      ...(next?.targetColumns ?? []),
    ]),
  ];
  const values = (alias: string) => sql.join(columns.map((column) => sql.id(alias, column)));
  const byAny = (to: string) =>
    sql.join(
      keys.map((one) => sql`(${refers(one, name, to)})`),
      sql` or `,
    );
  const names = [...(key ? [KEY] : []), ...columns].map((column) => sql.id(column));
  const beginning = key ? sql`${key}, ` : sql``;
  const goesOn = key ? sql`${sql.id(walk, KEY)}, ` : sql``;
  const definition = sql`${sql.id(walk)} (${sql.join(names)}) as (
    select ${beginning}${values(name)} from ${from} join ${tableOf(step)} as ${sql.id(name)} on ${byAny(last)} where ${where}
    union
    select ${goesOn}${values(name)} from ${sql.id(walk)} join ${tableOf(step)} as ${sql.id(name)} on ${byAny(walk)})`;
  return {
    walks: [...walks, definition],
    from: sql`${sql.id(walk)} as ${sql.id(name)}`,
    where: sql`1 = 1`,
    last: name,
    key: key && sql.id(name, KEY),
  };
}

/** Whether a row of a walk was where the walk began. */
function isAmong(reached: Reached, before: Reached, { targetColumns }: Step): RawBuilder<unknown> {
  const same = targetColumns.map(
    (column) => sql`${sql.id(before.last, column)} = ${sql.id(reached.last, column)}`,
  );
  return sql`exists (select 1 from ${before.from} where ${before.where} and ${sql.join(same, sql` and `)})`;
}

function refers(
  { columns, targetColumns }: Step | Step['alsoBy'][number],
  from: string,
  to: string,
): RawBuilder<unknown> {
  return sql.join(
    columns.map((column, n) => sql`${sql.id(from, column)} = ${sql.id(to, targetColumns[n] ?? '')}`),
    sql` and `,
  );
}
