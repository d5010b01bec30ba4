/** A duty as the housekeeper calls it, its promises held: a plan writes nothing, and on frozen data the run does what it said. */
import { type Compilable, CompiledQuery, type RawBuilder, sql } from 'kysely';
import { expect } from 'vitest';
import type { Engine, EngineName } from '../../src/engines/index.ts';
import type { Duty, DutyContext, DutyPlan, DutyResult } from '../../src/tasks/duties/duty.ts';
import { dataDigest } from './digests.ts';

/** The instant of all cycles: what tests write is beside it. */
export const NOW = Date.UTC(2026, 5, 1, 12);
export const HOUR = 3_600_000;

/** All that a duty here could write to. */
const TABLES = [
  'company',
  'run_template',
  'job',
  'logger',
  'artifacts',
  'credential_prototype',
  'credential_type',
];

export function onDuty(engine: Engine, changes: Partial<DutyContext> = {}): DutyContext {
  return {
    engine,
    program: 'a test',
    settings: {
      logKeep: 100,
      logKeepPerCompany: null,
      tmpDirectory: null,
      tmpAgeMs: 24 * HOUR,
      staleJobAgeMs: 24 * HOUR,
    },
    now: NOW,
    position: undefined,
    timeBudgetMs: 60_000,
    archive: null,
    lag: undefined,
    ...changes,
  };
}

/** As the database keeps a position between two runs. */
export function kept(position: unknown): unknown {
  return position === undefined ? undefined : JSON.parse(JSON.stringify(position));
}

export async function planned(duty: Duty, context: DutyContext): Promise<DutyPlan> {
  const before = await dataDigest(context.engine, TABLES);
  const plan = await duty.plan(context);
  expect(await dataDigest(context.engine, TABLES)).toBe(before);
  return plan;
}

/** Nothing changes between the two. */
export async function done(duty: Duty, context: DutyContext): Promise<DutyResult> {
  const plan = await planned(duty, context);
  const result = await plan.run();
  expect(result.steps).toEqual(plan.steps);
  return result;
}

const EXPLAIN: Readonly<Record<EngineName, string>> = {
  sqlite: 'explain query plan',
  mysql: 'explain format=json',
  mariadb: 'explain format=json',
  postgresql: 'explain',
};

/** Of whole tables, and sorts of what an index has in order; PostgreSQL's incremental sort takes what the index has. */
const SCANS =
  /"operation": "(?:Table scan on (?!<)|Sort)|filesort|TEMP B-TREE FOR ORDER|^\s*(?:->\s+)?Sort {2}\(|Seq Scan|"access_type": "ALL"|SCAN (?:job|logger|artifacts|run_template|credential_type|credential_prototype)\b(?! USING)/im;

/** Reads through indexes alone, one of which is this. */
export async function expectIndex(
  engine: Engine,
  query: Compilable | RawBuilder<unknown>,
  index: RegExp,
): Promise<void> {
  const compiled = 'isRawBuilder' in query ? query.compile(engine.kysely<unknown>()) : query.compile();
  const { sql: text, parameters } = compiled;
  const { rows } = await engine
    .kysely<unknown>()
    .executeQuery(CompiledQuery.raw(`${EXPLAIN[engine.name as EngineName]} ${text}`, [...parameters]));
  const plan = rows.map((row) => Object.values(row as object).join(' ')).join('\n');
  expect(plan).toMatch(index);
  expect(plan).not.toMatch(SCANS);
}

/** Statistics that know the tables as they are. */
export async function analyze(engine: Engine): Promise<void> {
  const statement = {
    sqlite: 'analyze',
    mysql: `analyze table ${TABLES.join()}`,
    mariadb: `analyze table ${TABLES.join()}`,
    postgresql: 'vacuum analyze',
  }[engine.name as EngineName];
  await sql.raw(statement).execute(engine.kysely<unknown>());
}

/** Another session in a transaction that has done its work and holds its locks. @returns its end */
export async function holding(
  other: Engine,
  work: (db: ReturnType<Engine['kysely']>) => Promise<unknown>,
): Promise<() => Promise<void>> {
  const { promise: letGo, resolve: end } = Promise.withResolvers<void>();
  const { promise: held, resolve: has } = Promise.withResolvers<void>();
  const whole = other
    .kysely<unknown>()
    .transaction()
    .execute(async (db) => {
      await work(db as never);
      has();
      await letGo;
    });
  await Promise.race([held, whole]);
  return async () => {
    end();
    await whole;
  };
}
