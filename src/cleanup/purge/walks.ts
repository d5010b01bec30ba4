/**
 * In which order a purge walks what it deletes. By age over everybody's rows, which touches every page of the tables once; or
 * in turns, a cursor for each owner, where the time may not suffice for all, or most of the old rows are kept.
 */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { KeysetCursor, type Page } from '../../pacing/index.ts';
import { type Database, JOB_AGE, LOG_AGE, type Timeline } from '../../schema/index.ts';
import type { PurgePlan } from '../plan/plan.ts';
import type { FinishedStatus } from '../rules/rules.ts';
import { agedTables } from '../selection/aged-tables.ts';
import { isOlder, type Key, later, older } from '../selection/boundary.ts';
import type { Holds } from '../selection/held-rows.ts';
import { oldestAged, oldestJobs, oldestLogs, oldestLogsOfAll, oldestOfAll } from '../selection/queries.ts';
import type { JobScope } from '../selection/scopes.ts';
import { type JobVerdict, logVerdict } from '../selection/verdict.ts';

/** Rows that were read and are to be deleted together. */
export interface Chunk {
  readonly table: Timeline['table'];
  readonly ids: readonly bigint[];
  /** Of log entries: whether they are saved first. Of jobs that is asked of each. */
  readonly archive: boolean;
}

/** Reads the next chunk of one owner; none when there are no more. */
export type ChunkCursor = (limit: number) => Promise<Chunk | undefined>;

export interface Walk {
  readonly engine: Engine;
  readonly plan: PurgePlan;
  readonly verdict: JobVerdict;
  /** The holds as they were read last. */
  holds(): Holds;
  /** Whether every owner is to have its turn, since the end may not be reached. */
  readonly inTurns: boolean;
}

/** By age, so many rows may be looked at for each that is deleted. */
const LOOKED_AT = 2;

export async function logCursors({ engine, plan, holds, inTurns }: Walk): Promise<ChunkCursor[]> {
  const db = engine.kysely<Database>();
  const { logs: scopes } = plan;
  const last = youngest(scopes.map(({ before }) => before));
  const line = plan.tables.find(({ table }) => table === 'logger');
  const planned = (line?.rows ?? 0) - (line?.withTheirJob ?? 0);
  if (last && !inTurns && scopes.length > 1 && (await isDense(db, LOG_AGE, last, planned)))
    return [...Map.groupBy(scopes, ({ archive }) => archive)].map(([archive, some]) => {
      const isDeleted = logVerdict(some);
      return cursor('logger', archive, (page) => oldestLogsOfAll(db, last, page).execute(), isDeleted);
    });
  return scopes.map((scope) =>
    cursor('logger', scope.archive, (page) => oldestLogs(engine, scope, holds(), page).execute()),
  );
}

export async function jobCursors({ engine, plan, verdict, holds, inTurns }: Walk): Promise<ChunkCursor[]> {
  const db = engine.kysely<Database>();
  const { jobs: scopes } = plan;
  const last = youngest(scopes.map(({ before }) => before));
  const planned = plan.tables.find(({ table }) => table === 'job')?.rows ?? 0;
  if (last && !inTurns && (await isDense(db, JOB_AGE, last, planned)))
    return [
      cursor(
        'job',
        false,
        (page) => oldestOfAll(db, last, page).execute(),
        (job) => verdict(job, holds()) !== undefined,
      ),
    ];
  const byCompany = Map.groupBy(scopes, ({ company }) => company);
  return [...byCompany.values()].map((own) =>
    oneAfterTheOther(
      own.flatMap((scope) => scope.statuses.map((status) => jobsOf(engine, scope, status, holds))),
    ),
  );
}

/** They are few, and would else be kept for as long as there is a backlog: so they are deleted first. */
export function agedCursors({ engine, plan }: Walk): ChunkCursor[] {
  const db = engine.kysely<Database>();
  return agedTables(plan).map(({ timeline, before }) =>
    cursor(timeline.table, false, (page) => oldestAged(db, timeline, before, page).execute()),
  );
}

function jobsOf(engine: Engine, scope: JobScope, status: FinishedStatus, holds: () => Holds): ChunkCursor {
  return cursor('job', false, (page) => oldestJobs(engine, scope, status, holds(), page).execute());
}

export function cursor<Row extends Key>(
  table: Chunk['table'],
  archive: boolean,
  read: (page: Page<Key>) => Promise<readonly Row[]>,
  isDeleted: (row: Row) => boolean = () => true,
): ChunkCursor {
  const walk = new KeysetCursor<Row, Key>({ what: table, read, isBefore: isOlder });
  let ended = false;
  return async (limit) => {
    while (!ended) {
      const rows = await walk.next(limit);
      // Fewer than were asked for are the last ones; that is not asked again of each owner.
      ended = rows.length < limit;
      const ids = rows.filter(isDeleted).map(({ id }) => id);
      if (ids.length > 0) return { table, ids, archive };
    }
    return undefined;
  };
}

function oneAfterTheOther(parts: ChunkCursor[]): ChunkCursor {
  return async (limit) => {
    while (parts[0]) {
      const chunk = await parts[0](limit);
      if (chunk) return chunk;
      parts.shift();
    }
    return undefined;
  };
}

function youngest(keys: readonly Key[]): Key | undefined {
  const [first, ...others] = keys;
  return first && others.reduce(later, first);
}

/** Whether enough of the old rows are to be deleted; counted only as far as it takes to know, on an index alone. */
async function isDense(
  db: Kysely<Database>,
  timeline: Timeline,
  before: Key,
  planned: number,
): Promise<boolean> {
  const enough = LOOKED_AT * planned + 1;
  const { rows } = await sql<{ n: bigint }>`
    select count(*) as n from (
      select id from ${sql.table(timeline.table)} where ${older(timeline, before)} limit ${sql.lit(enough)}
    ) as old`.execute(db);
  return Number(rows[0]?.n ?? 0n) < enough;
}
