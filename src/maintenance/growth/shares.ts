/**
 * Whose jobs and log entries the growth of the last month is. Jobs and log entries are counted in an index of theirs; what
 * a job leaves behind is estimated from some of the owner's, as a sum would read all of it.
 */
import { sql } from 'kysely';
import type { DatabaseSize, Engine } from '../../engines/index.ts';
import { utc } from '../../engines/index.ts';
import { portions } from '../../pacing/index.ts';
import { DAY_MS, type Database } from '../../schema/index.ts';

export type OwnerKind = 'company' | 'template';

export const SHARE_DAYS = 30;
/** Owners that are looked at: those that were made last, where there are more. */
export const MOST_OWNERS = 10_000;
const TOGETHER = 200;
/** Of so many owners, those with the most jobs, artifacts are measured: at so many moments, of the jobs that follow. */
const MEASURED_OWNERS = 50;
const MOMENTS = 6;
const JOBS_OF_MOMENT = 5;

export interface OwnerShare {
  /** Null for what belongs to none. */
  readonly id: bigint | null;
  readonly name: string | null;
  readonly jobs: number;
  /** Null where log entries are not told apart by owner. */
  readonly logEntries: number | null;
  /** Bytes of artifacts of an ordinary job of it; null where they were not measured. */
  readonly artifactBytesPerJob: number | null;
  /** About what its rows of these days take. */
  readonly bytes: number;
  /** Of the bytes of all owners, from 0 to 1. */
  readonly share: number;
}

export interface OwnerShares {
  readonly by: OwnerKind;
  readonly owners: readonly OwnerShare[];
  /** Whether there were more owners than are looked at. */
  readonly more: boolean;
}

interface Counted {
  readonly id: bigint | null;
  readonly name: string | null;
  readonly jobs: number;
  readonly logEntries: number | null;
}

/** Costs as much as reading the index entries of the last 30 days. @param now in milliseconds since the epoch */
export async function ownerShares(
  engine: Engine,
  by: OwnerKind,
  size: DatabaseSize,
  now: number,
  signal?: AbortSignal,
): Promise<OwnerShares> {
  const since = utc(now - SHARE_DAYS * DAY_MS);
  const owners = await ownersOf(engine, by);
  const counted = await countOwners(engine, by, owners.slice(0, MOST_OWNERS), since, signal);
  const most = counted.toSorted((a, b) => b.jobs - a.jobs);
  const artifacts = new Map<bigint | null, number>();
  for (const { id, jobs } of most.slice(0, MEASURED_OWNERS)) {
    signal?.throwIfAborted();
    if (jobs > 0) artifacts.set(id, await artifactBytes(engine, by, id, now));
  }
  return { by, owners: shared(counted, artifacts, size), more: owners.length > MOST_OWNERS };
}

/** Artifacts that were measured are held against the whole table, so that all of them are as large as that. */
function shared(
  counted: readonly Counted[],
  measured: ReadonlyMap<bigint | null, number>,
  size: DatabaseSize,
): OwnerShare[] {
  const [job, logger] = [bytesPerRow(size, 'job'), bytesPerRow(size, 'logger')];
  const ordinary = bytesPerRow(size, 'artifacts', 'job');
  const known = counted.filter(({ id }) => measured.has(id));
  const sum = (pick: (owner: Counted) => number) => known.reduce((total, owner) => total + pick(owner), 0);
  const mean = sum(({ id, jobs }) => jobs * (measured.get(id) ?? 0)) / sum(({ jobs }) => jobs);
  const owners = counted.map((owner) => {
    const own = measured.get(owner.id);
    const artifacts = own === undefined || !(mean > 0) ? ordinary : (own / mean) * ordinary;
    const bytes = Math.round(owner.jobs * (job + artifacts) + (owner.logEntries ?? 0) * logger);
    return { ...owner, artifactBytesPerJob: own === undefined ? null : Math.round(artifacts), bytes };
  });
  const all = owners.reduce((total, { bytes }) => total + bytes, 0);
  return owners
    .filter(({ jobs, logEntries }) => jobs > 0 || (logEntries ?? 0) > 0)
    .map((owner) => ({ ...owner, share: all === 0 ? 0 : owner.bytes / all }))
    .sort((a, b) => b.bytes - a.bytes);
}

/** Indexes included. @param rowsOf the table whose rows are meant, where it is another one */
function bytesPerRow({ tables }: DatabaseSize, name: string, rowsOf = name): number {
  const of = (wanted: string) => tables.find((table) => table.name === wanted);
  const rows = of(rowsOf)?.rows ?? 0;
  return rows === 0 ? 0 : (of(name)?.totalBytes ?? 0) / rows;
}

function ownersOf(engine: Engine, by: OwnerKind): Promise<{ id: bigint; name: string }[]> {
  return engine
    .kysely<Database>()
    .selectFrom(by === 'company' ? 'company' : 'run_template')
    .select(['id', 'name'])
    .orderBy('id', 'desc')
    .limit(MOST_OWNERS + 1)
    .execute();
}

async function countOwners(
  engine: Engine,
  by: OwnerKind,
  owners: readonly { id: bigint; name: string }[],
  since: string,
  signal: AbortSignal | undefined,
): Promise<Counted[]> {
  const counted: Counted[] = [];
  for (const some of portions(owners, () => 1, TOGETHER)) {
    signal?.throwIfAborted();
    const ids = some.map(({ id }) => id);
    const jobs = await countsBy(jobCounts(engine, by, ids, since));
    const logs = by === 'company' ? await countsBy(logCounts(engine, ids, since)) : null;
    for (const { id, name } of some)
      counted.push({ id, name, jobs: jobs.get(id) ?? 0, logEntries: logs && (logs.get(id) ?? 0) });
  }
  counted.push(await ownerless(engine, by, since));
  return counted;
}

async function countsBy(query: {
  execute(): Promise<{ owner: bigint | null; n: bigint }[]>;
}): Promise<ReadonlyMap<bigint | null, number>> {
  return new Map((await query.execute()).map(({ owner, n }) => [owner, Number(n)]));
}

export function jobCounts(engine: Engine, by: OwnerKind, ids: readonly bigint[], since: string) {
  const column = by === 'company' ? 'company_id' : 'run_template_id';
  return engine
    .kysely<Database>()
    .selectFrom('job')
    .select([`${column} as owner`, sql<bigint>`count(*)`.as('n')])
    .where(engine.among(column, ids))
    .where('DatCreate', '>=', since)
    .groupBy(column);
}

export function logCounts(engine: Engine, ids: readonly bigint[], since: string) {
  return engine
    .kysely<Database>()
    .selectFrom('logger')
    .select(['company_id as owner', sql<bigint>`count(*)`.as('n')])
    .where(engine.among('company_id', ids))
    .where('created_at', '>=', since)
    .groupBy('company_id');
}

/** Jobs without a run template, or log entries without a company. */
async function ownerless(engine: Engine, by: OwnerKind, since: string): Promise<Counted> {
  const db = engine.kysely<Database>();
  const count = sql<bigint>`count(*)`.as('n');
  const none = { id: null, name: null };
  if (by === 'template') {
    const jobs = db
      .selectFrom('job')
      .select(count)
      .where('run_template_id', 'is', null)
      .where('DatCreate', '>=', since);
    return { ...none, jobs: Number((await jobs.executeTakeFirst())?.n ?? 0n), logEntries: null };
  }
  const logs = db
    .selectFrom('logger')
    .select(count)
    .where('company_id', 'is', null)
    .where('created_at', '>=', since);
  return { ...none, jobs: 0, logEntries: Number((await logs.executeTakeFirst())?.n ?? 0n) };
}

/** Of content, of an ordinary job of these days. */
async function artifactBytes(
  engine: Engine,
  by: OwnerKind,
  owner: bigint | null,
  now: number,
): Promise<number> {
  const column = by === 'company' ? 'company_id' : 'run_template_id';
  const db = engine.kysely<Database>();
  const ids = new Set<bigint>();
  for (let moment = 0; moment < MOMENTS; moment++) {
    const jobs = await db
      .selectFrom('job')
      .select('id')
      .where(column, owner === null ? 'is' : '=', owner)
      .where('DatCreate', '>=', utc(now - SHARE_DAYS * DAY_MS * (1 - moment / MOMENTS)))
      .orderBy('DatCreate')
      .orderBy('id')
      .limit(JOBS_OF_MOMENT)
      .execute();
    for (const { id } of jobs) ids.add(id);
  }
  if (ids.size === 0) return 0;
  const found = await db
    .selectFrom('artifacts')
    .select(sql<bigint | null>`sum(length(content))`.as('bytes'))
    .where(engine.among('job_id', [...ids]))
    .executeTakeFirst();
  return Number(found?.bytes ?? 0n) / ids.size;
}
