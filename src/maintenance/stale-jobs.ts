/** Jobs that will never end, or never begin, because whoever was to see to it is gone. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Engine, instantMs, nowUtc } from '../engines/index.ts';
import { type Fenced, fencedTransaction } from '../leases/index.ts';
import type { Database } from '../schema/index.ts';
import { hasEnded, thisHost } from '../system/index.ts';
import { placeBehind, type WalkPlace } from './walk-place.ts';

export type StaleReason = 'process gone' | 'no sign of life' | 'no run template';

export interface StaleJob {
  readonly id: bigint;
  readonly reason: StaleReason;
}

/** Instants in milliseconds since the epoch. */
export interface StaleLimits {
  readonly now: number;
  /** Running jobs whose last sign of life is older are stale. */
  readonly signBefore: number;
  /** Running jobs that began before this are asked for their process. */
  readonly begunBefore: number;
  /** Waiting jobs that were created before this are asked for their run template. */
  readonly createdBefore: number;
}

export interface StalePage {
  readonly stale: readonly StaleJob[];
  /** The last one that was looked at; undefined behind the last of all. */
  readonly last: WalkPlace | undefined;
}

interface Running extends WalkPlace {
  readonly begin: string | null;
  readonly host: string | null;
  readonly pid: number | null;
}

interface Waiting extends WalkPlace {
  readonly run_template_id: bigint | null;
  /** Whether its run template is there and active; 1 or 0. */
  readonly active: number | null;
}

/** Running jobs in the order of their age, a page at a time. Reads only. */
export async function staleRunning(
  engine: Engine,
  limits: StaleLimits,
  { after, limit }: { readonly after: WalkPlace | undefined; readonly limit: number },
): Promise<StalePage> {
  const db = engine.kysely<Database>();
  const rows = await runningJobs(db)
    .where(ofStatus('running', after))
    .orderBy('job.DatCreate')
    .orderBy('job.id')
    .limit(limit)
    .execute();
  return { stale: await staleAmong(engine, db, rows, limits), last: placeBehind(rows, limit) };
}

/** Waiting jobs in the order of their age, a page at a time. Reads only. */
export async function staleWaiting(
  engine: Engine,
  limits: StaleLimits,
  { after, limit }: { readonly after: WalkPlace | undefined; readonly limit: number },
): Promise<StalePage> {
  const rows = await waitingJobs(engine.kysely<Database>())
    .where(ofStatus('waiting', after))
    .orderBy('job.DatCreate')
    .orderBy('job.id')
    .limit(limit)
    .execute();
  return { stale: rows.flatMap((row) => withoutTemplate(row, limits)), last: placeBehind(rows, limit) };
}

export function runningJobs(db: Kysely<Database>) {
  return db
    .selectFrom('job')
    .select(['job.id', 'job.DatCreate as at', 'job.begin', 'job.host', 'job.pid'])
    .$castTo<Running>();
}

export function waitingJobs(db: Kysely<Database>) {
  return db
    .selectFrom('job')
    .select([
      'job.id',
      'job.DatCreate as at',
      'job.run_template_id',
      // Neither a join nor EXISTS: an engine might begin with all run templates.
      sql<number | null>`(
        select case when active = true then 1 else 0 end from run_template where run_template.id = ${sql.ref('job.run_template_id')})`.as(
        'active',
      ),
    ])
    .$castTo<Waiting>();
}

export function ofStatus(status: 'running' | 'waiting', after: WalkPlace | undefined): RawBuilder<boolean> {
  const [state, at, id] = [sql.ref('job.status'), sql.ref('job.DatCreate'), sql.ref('job.id')];
  return after === undefined
    ? sql<boolean>`${state} = ${status}`
    : sql<boolean>`(${state} = ${status} and ${at} >= ${after.at} and (${at} > ${after.at} or ${id} > ${after.id}))`;
}

/** One that was launched without a run template needs none. */
function withoutTemplate(job: Waiting, { createdBefore }: StaleLimits): readonly StaleJob[] {
  const isLost = job.run_template_id !== null && Number(job.active) === 0;
  return isLost && instantMs(job.at) < createdBefore ? [{ id: job.id, reason: 'no run template' }] : [];
}

/** Processes are asked first, which costs no query. */
async function staleAmong(
  engine: Engine,
  db: Kysely<Database>,
  rows: readonly Running[],
  limits: StaleLimits,
): Promise<readonly StaleJob[]> {
  const gone = new Set<bigint>();
  const silent: bigint[] = [];
  for (const row of rows) {
    const began = beginOf(row, limits.now);
    const process = row.host === thisHost() && row.pid !== null && row.pid > 0 ? row.pid : undefined;
    const ended = process !== undefined && hasEnded(process, Number.isFinite(began) ? began : Infinity);
    if (ended && began <= limits.begunBefore) gone.add(row.id);
    else if (began < limits.signBefore && (process === undefined || ended)) silent.push(row.id);
  }
  const signs = await lastSigns(engine, db, silent);
  return rows.flatMap(({ id }): StaleJob[] => {
    if (gone.has(id)) return [{ id, reason: 'process gone' }];
    const sign = signs.get(id);
    return sign !== undefined && sign < limits.signBefore ? [{ id, reason: 'no sign of life' }] : [];
  });
}

/** In milliseconds since the epoch; of a job without a begin, or with one that is still to come, its creation. */
function beginOf({ begin, at }: Running, now: number): number {
  const began = begin === null ? Infinity : instantMs(begin);
  return began > now ? instantMs(at) : began;
}

/** Of each job the newest log entry or artifact; that it has none is a sign of long ago. */
async function lastSigns(
  engine: Engine,
  db: Kysely<Database>,
  ids: readonly bigint[],
): Promise<ReadonlyMap<bigint, number>> {
  if (ids.length === 0) return new Map();
  const rows = await signsOf(engine, db, ids).execute();
  return new Map(
    rows.map(({ id, logged, left }) => [
      id,
      Math.max(logged === null ? -Infinity : instantMs(logged), left === null ? -Infinity : instantMs(left)),
    ]),
  );
}

export function signsOf(engine: Engine, db: Kysely<Database>, ids: readonly bigint[]) {
  const newest = (table: 'logger' | 'artifacts') => sql<string | null>`(
    select max(${sql.table(table)}.created_at) from ${sql.table(table)}
    where ${sql.table(table)}.job_id = ${sql.ref('job.id')})`;
  return db
    .selectFrom('job')
    .select(['job.id', newest('logger').as('logged'), newest('artifacts').as('left')])
    .where(engine.among('job.id', ids));
}

const MESSAGES: Readonly<Record<StaleReason, string>> = {
  'process gone': 'The job was set to failed, because its process is not running any more.',
  'no sign of life': 'The job was set to failed, because it has given no sign of life for too long.',
  'no run template': 'The job was canceled, because its run template is inactive or does not exist any more.',
};

/**
 * Asks again under the locks of the jobs; those that others have locked are passed over.
 * @returns those that were stale even now, and are no longer
 */
export async function settleStale(
  engine: Engine,
  fenced: Fenced,
  jobs: readonly StaleJob[],
  limits: StaleLimits,
): Promise<readonly StaleJob[]> {
  return fencedTransaction<Database, readonly StaleJob[]>(engine, fenced, async (db) => {
    const locked = await lockJobs(engine, db, jobs);
    const ids = (status: string) => locked.filter((job) => job.status === status).map(({ id }) => id);
    const running = ids('running');
    const waiting = ids('waiting');
    const stale = [
      ...(running.length === 0
        ? []
        : await staleAmong(
            engine,
            db,
            await runningJobs(db).where(engine.among('job.id', running)).execute(),
            limits,
          )),
      ...(waiting.length === 0
        ? []
        : (await waitingJobs(db).where(engine.among('job.id', waiting)).execute()).flatMap((row) =>
            withoutTemplate(row, limits),
          )),
    ];
    if (stale.length > 0)
      await settle(engine, db, stale, new Map(locked.map((job) => [job.id, job.company_id])));
    return stale;
  });
}

async function lockJobs(engine: Engine, db: Kysely<Database>, jobs: readonly StaleJob[]) {
  const { rowLocks, skipLocked } = engine.capabilities;
  const query = db
    .selectFrom('job')
    .select(['id', 'status', 'company_id'])
    .where(
      engine.among(
        'id',
        jobs.map(({ id }) => id),
      ),
    )
    .orderBy('id');
  if (!rowLocks) return query.execute();
  return (skipLocked ? query.forUpdate().skipLocked() : query.forUpdate()).execute();
}

async function settle(
  engine: Engine,
  db: Kysely<Database>,
  stale: readonly StaleJob[],
  companies: ReadonlyMap<bigint, bigint>,
): Promise<void> {
  const now = nowUtc();
  const of = (canceled: boolean) =>
    stale.filter(({ reason }) => (reason === 'no run template') === canceled).map(({ id }) => id);
  const [failed, canceled] = [of(false), of(true)];
  if (failed.length > 0)
    await db
      .updateTable('job')
      .set(({ fn, val, ref }) => ({ status: 'failed', end: fn.coalesce(ref('end'), val(now)) }))
      .where(engine.among('id', failed))
      .execute();
  if (canceled.length > 0)
    await db.updateTable('job').set({ status: 'canceled' }).where(engine.among('id', canceled)).execute();
  await db
    .insertInto('logger')
    .values(
      stale.map(({ id, reason }) => ({
        job_id: id,
        company_id: companies.get(id) ?? null,
        severity: 'warning',
        venue: 'housekeeper',
        message: MESSAGES[reason],
        created_at: now,
      })),
    )
    .execute();
}
