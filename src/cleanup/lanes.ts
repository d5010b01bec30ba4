/**
 * In which order a purge walks what goes. By age over everybody's rows, which touches every page of the tables once; or
 * in turns, a lane for each owner, where the time may not suffice for all, or most of the old rows stay.
 */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import { type Database, JOB_AGE, LOG_AGE, type Timeline } from '../schema/index.ts';
import { type Key, later, older } from './boundary.ts';
import { type JobVerdict, logVerdict } from './goes.ts';
import type { Holds } from './holds.ts';
import {
  oldestJobs,
  oldestLogs,
  oldestLogsOfAll,
  oldestOfAll,
  oldestTokens,
  type Stretch,
} from './oldest.ts';
import type { PurgePlan } from './plan.ts';
import type { FinishedStatus } from './rules.ts';
import type { JobScope } from './scopes.ts';

/** Rows that were read and are to go together. */
export interface Chunk {
  readonly table: 'job' | 'logger' | 'token';
  readonly ids: readonly bigint[];
  /** Of log entries: whether they are saved first. Of jobs that is asked of each. */
  readonly archive: boolean;
}

/** Reads the next chunk of one owner; none when there are no more. */
export type Lane = (limit: number) => Promise<Chunk | undefined>;

export interface Walk {
  readonly engine: Engine;
  readonly plan: PurgePlan;
  readonly verdict: JobVerdict;
  /** The holds as they were read last. */
  holds(): Holds;
  /** Whether every owner is to have its turn, since the end may not be reached. */
  readonly inTurns: boolean;
}

/** By age, so many rows may be looked at for each that goes. */
const LOOKED_AT = 2;

export async function logLanes({ engine, plan, holds, inTurns }: Walk): Promise<Lane[]> {
  const db = engine.kysely<Database>();
  const { logs: scopes } = plan;
  const last = youngest(scopes.map(({ before }) => before));
  const line = plan.tables.find(({ table }) => table === 'logger');
  const going = (line?.rows ?? 0) - (line?.withTheirJob ?? 0);
  if (last && !inTurns && scopes.length > 1 && (await isDense(db, LOG_AGE, last, going)))
    return [...Map.groupBy(scopes, ({ archive }) => archive)].map(([archive, some]) => {
      const goes = logVerdict(some);
      return lane('logger', archive, (stretch) => oldestLogsOfAll(db, last, stretch).execute(), goes);
    });
  return scopes.map((scope) =>
    lane('logger', scope.archive, (stretch) => oldestLogs(db, scope, holds(), stretch).execute()),
  );
}

export async function jobLanes({ engine, plan, verdict, holds, inTurns }: Walk): Promise<Lane[]> {
  const db = engine.kysely<Database>();
  const { jobs: scopes } = plan;
  const last = youngest(scopes.map(({ before }) => before));
  const going = plan.tables.find(({ table }) => table === 'job')?.rows ?? 0;
  if (last && !inTurns && (await isDense(db, JOB_AGE, last, going)))
    return [
      lane(
        'job',
        false,
        (stretch) => oldestOfAll(db, last, stretch).execute(),
        (job) => verdict(job, holds()) !== undefined,
      ),
    ];
  const byCompany = Map.groupBy(scopes, ({ company }) => company);
  return [...byCompany.values()].map((own) =>
    oneAfterTheOther(
      own.flatMap((scope) => scope.statuses.map((status) => jobsOf(db, scope, status, holds))),
    ),
  );
}

export function tokenLanes({ engine, plan: { tokensBefore } }: Walk): Lane[] {
  if (tokensBefore === null) return [];
  const db = engine.kysely<Database>();
  return [lane('token', false, (stretch) => oldestTokens(db, tokensBefore, stretch).execute())];
}

function jobsOf(db: Kysely<Database>, scope: JobScope, status: FinishedStatus, holds: () => Holds): Lane {
  return lane('job', false, (stretch) => oldestJobs(db, scope, status, holds(), stretch).execute());
}

/** Goes on behind the last row that was read; never from the head again, where deleted rows are still to be purged. */
function lane<Row extends Key>(
  table: Chunk['table'],
  archive: boolean,
  read: (stretch: Stretch) => Promise<readonly Row[]>,
  goes: (row: Row) => boolean = () => true,
): Lane {
  let after: Key | undefined;
  return async (limit) => {
    for (;;) {
      const rows = await read({ after, limit });
      const last = rows.at(-1);
      if (!last) return undefined;
      after = last;
      const ids = rows.filter(goes).map(({ id }) => id);
      if (ids.length > 0) return { table, ids, archive };
    }
  };
}

function oneAfterTheOther(parts: Lane[]): Lane {
  return async (limit) => {
    for (let part = parts[0]; part; parts.shift(), part = parts[0]) {
      const chunk = await part(limit);
      if (chunk) return chunk;
    }
    return undefined;
  };
}

function youngest(keys: readonly Key[]): Key | undefined {
  const [first, ...others] = keys;
  return first && others.reduce(later, first);
}

/** Whether enough of the old rows go; counted only as far as it takes to know, on an index alone. */
async function isDense(
  db: Kysely<Database>,
  timeline: Timeline,
  before: Key,
  going: number,
): Promise<boolean> {
  const enough = LOOKED_AT * going + 1;
  const { rows } = await sql<{ n: bigint }>`
    select count(*) as n from (
      select id from ${sql.table(timeline.table)} where ${older(timeline, before)} limit ${sql.lit(enough)}
    ) as old`.execute(db);
  return Number(rows[0]?.n ?? 0n) < enough;
}
