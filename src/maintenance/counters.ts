/**
 * How many jobs of each run template ended ok, and how many failed. An index is counted, a stretch of it at a time: first
 * run templates with new jobs, as far as they have few, then all run templates in turn.
 */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import { utc } from '../engines/index.ts';
import { type Fenced, fencedTransaction } from '../leases/index.ts';
import type { Database } from '../schema/index.ts';

export interface JobCounts {
  readonly id: bigint;
  readonly successful: number;
  readonly failed: number;
}

export interface CountedTemplates {
  /** Those whose row says something else, by id. */
  readonly differing: readonly JobCounts[];
  /** The last one in turn that was counted; undefined behind the last of all. */
  readonly after: bigint | undefined;
  /** How many are still to be counted in this round; never more than {@link MOST_LEFT}. */
  readonly left: number;
}

/** Index entries that are counted in turn; one run template is counted whatever it has. */
export const MOST_ENTRIES = 50_000;
const MOST_TEMPLATES = 500;
export const MOST_LEFT = 10_000;
/** Of run templates with new jobs: index entries that are counted, and jobs that are looked at to find them. */
const MOST_ENTRIES_OF_NEW = 20_000;
const MOST_NEW_JOBS = 2_000;
/** Longer than an hour, as jobs are created before they end. In milliseconds. */
const NEW_MS = 2 * 3_600_000;

interface Template {
  readonly id: bigint;
  readonly successful_jobs: number | null;
  readonly failed_jobs: number | null;
}

interface Entries {
  readonly run_template_id: bigint;
  readonly status: string;
  readonly n: bigint;
}

/**
 * Reads only.
 * @param after where the last time has stopped @param now in milliseconds since the epoch
 */
export async function countTemplates(
  engine: Engine,
  { after, now }: { readonly after: bigint | undefined; readonly now: number },
): Promise<CountedTemplates> {
  const db = engine.kysely<Database>();
  const inTurn = await countInTurn(db, after);
  const newest = await countNewest(engine, utc(now - NEW_MS));
  const differing = new Map([...newest, ...inTurn.differing].map((counts) => [counts.id, counts]));
  return { ...inTurn, differing: [...differing.values()].sort(byId) };
}

/** Nobody is waited for twice in a circle: all lock run templates in this order. */
function byId(one: JobCounts, other: JobCounts): number {
  return one.id < other.id ? -1 : 1;
}

async function countInTurn(db: Kysely<Database>, after: bigint | undefined): Promise<CountedTemplates> {
  const page = await templatesBehind(db, after).execute();
  const last = page.at(-1)?.id;
  if (last === undefined)
    return after === undefined ? { differing: [], after: undefined, left: 0 } : countInTurn(db, undefined);
  const { rows: groups } = await grouped(entriesBetween(after, last)).execute(db);
  const counted = await wholeOnes(db, page, groups);
  const reached = counted.templates.at(-1)?.id ?? last;
  const left = await countLeft(db, reached);
  return {
    differing: differing(counted.templates, counted.groups),
    after: left === 0 ? undefined : reached,
    left,
  };
}

export function templatesBehind(db: Kysely<Database>, after: bigint | undefined) {
  const query = db.selectFrom('run_template').select(['id', 'successful_jobs', 'failed_jobs']);
  return (after === undefined ? query : query.where('id', '>', after)).orderBy('id').limit(MOST_TEMPLATES);
}

/** In the order of the index, so that only the last run template of those found may be cut off. */
export function entriesBetween(after: bigint | undefined, last: bigint) {
  const behind = after === undefined ? sql`` : sql`run_template_id > ${after} and`;
  return sql<{ run_template_id: bigint; status: string }>`
    select run_template_id, status from job where ${behind} run_template_id <= ${last}
    order by run_template_id, status limit ${sql.lit(MOST_ENTRIES)}`;
}

function grouped(entries: ReturnType<typeof entriesBetween>) {
  return sql<Entries>`
    select run_template_id, status, count(*) as n from (${entries}) as entry group by run_template_id, status`;
}

/** Without the one that was cut off, unless it is the only one: then all of it is counted. */
async function wholeOnes(
  db: Kysely<Database>,
  page: readonly Template[],
  groups: readonly Entries[],
): Promise<{ readonly templates: readonly Template[]; readonly groups: readonly Entries[] }> {
  const found = groups.reduce((sum, { n }) => sum + Number(n), 0);
  if (found < MOST_ENTRIES) return { templates: page, groups };
  const cut = groups.reduce(
    (most, { run_template_id: id }) => (id > most ? id : most),
    groups[0]?.run_template_id ?? 0n,
  );
  const templates = page.filter(({ id }) => id < cut);
  if (templates.length > 0) return { templates, groups };
  const { rows } = await entriesOf(cut).execute(db);
  return { templates: page.filter(({ id }) => id === cut), groups: rows };
}

export function entriesOf(template: bigint) {
  return sql<Entries>`
    select run_template_id, status, count(*) as n from job
    where run_template_id = ${template} and status in ('ok', 'failed') group by run_template_id, status`;
}

async function countLeft(db: Kysely<Database>, after: bigint): Promise<number> {
  const { rows } = await sql<{ n: bigint }>`
    select count(*) as n from (
      select id from run_template where id > ${after} order by id limit ${sql.lit(MOST_LEFT)}
    ) as behind`.execute(db);
  return Number(rows[0]?.n ?? 0n);
}

/**
 * A run template that has never been counted, or that has too many jobs, is left to its turn. What its row says is an
 * estimate of the cost; where that is far from true, nothing is counted here.
 */
async function countNewest(engine: Engine, since: string): Promise<readonly JobCounts[]> {
  const db = engine.kysely<Database>();
  const ids = new Set<bigint>();
  for (const status of ['ok', 'failed'] as const)
    for (const { run_template_id: id } of await newestJobs(db, status, since).execute())
      if (id !== null) ids.add(id);
  if (ids.size === 0) return [];
  const templates = smallest(
    await db
      .selectFrom('run_template')
      .select(['id', 'successful_jobs', 'failed_jobs'])
      .where(engine.among('id', [...ids]))
      .execute(),
  );
  if (templates.length === 0) return [];
  const entries = entriesAmong(
    engine,
    templates.map(({ id }) => id),
  );
  const { rows: groups } = await grouped(entries).execute(db);
  const found = groups.reduce((sum, { n }) => sum + Number(n), 0);
  return found > 2 * MOST_ENTRIES_OF_NEW ? [] : differing(templates, groups);
}

export function newestJobs(db: Kysely<Database>, status: 'ok' | 'failed', since: string) {
  return db
    .selectFrom('job')
    .select('run_template_id')
    .where('status', '=', status)
    .where('DatCreate', '>=', since)
    .orderBy('DatCreate', 'desc')
    .orderBy('id', 'desc')
    .limit(MOST_NEW_JOBS);
}

export function entriesAmong(engine: Engine, ids: readonly bigint[]) {
  return sql<{ run_template_id: bigint; status: string }>`
    select run_template_id, status from job
    where ${engine.among('run_template_id', ids)} and status in ('ok', 'failed')
    limit ${sql.lit(2 * MOST_ENTRIES_OF_NEW + 1)}`;
}

/** Those with the fewest jobs first. */
function smallest(templates: readonly Template[]): readonly Template[] {
  const sizes = templates.flatMap((template) => {
    const { successful_jobs: successful, failed_jobs: failed } = template;
    return successful === null || failed === null ? [] : [{ template, size: successful + failed }];
  });
  const affordable: Template[] = [];
  let left = MOST_ENTRIES_OF_NEW;
  for (const { template, size } of sizes.sort((one, other) => one.size - other.size)) {
    left -= size;
    if (left < 0) break;
    affordable.push(template);
  }
  return affordable;
}

function differing(templates: readonly Template[], groups: readonly Entries[]): readonly JobCounts[] {
  const counts = new Map(
    groups.map(({ run_template_id, status, n }) => [`${run_template_id} ${status}`, Number(n)]),
  );
  return templates.flatMap(({ id, successful_jobs, failed_jobs }) => {
    const [successful, failed] = [counts.get(`${id} ok`) ?? 0, counts.get(`${id} failed`) ?? 0];
    return successful === successful_jobs && failed === failed_jobs ? [] : [{ id, successful, failed }];
  });
}

/**
 * Counts as they were read: where jobs came or went meanwhile, the next count finds the difference. Two statements, however
 * many counts there are: each would be a round trip under the locks of those before it.
 * @param counts by id; each id once @returns the rows that are there
 */
export async function writeCounts(
  engine: Engine,
  fenced: Fenced,
  counts: readonly JobCounts[],
): Promise<number> {
  const ids = counts.map(({ id }) => id);
  return fencedTransaction<Database, number>(engine, fenced, async (db) => {
    if (engine.capabilities.rowLocks)
      await db
        .selectFrom('run_template')
        .select('id')
        .where(engine.among('id', ids))
        .orderBy('id')
        .forUpdate()
        .execute();
    const { numUpdatedRows } = await db
      .updateTable('run_template')
      .set({
        successful_jobs: byTemplate(counts, ({ successful }) => successful),
        failed_jobs: byTemplate(counts, ({ failed }) => failed),
      })
      .where(engine.among('id', ids))
      .executeTakeFirst();
    return Number(numUpdatedRows);
  });
}

function byTemplate(counts: readonly JobCounts[], of: (counts: JobCounts) => number) {
  const cases = counts.map((one) => sql`when ${one.id} then ${sql.lit(of(one))}`);
  return sql<number>`case id ${sql.join(cases, sql` `)} end`;
}
