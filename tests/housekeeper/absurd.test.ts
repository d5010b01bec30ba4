/**
 * A database that nobody has looked after: dates that cannot be, in every column that has one, and rows without a parent
 * on every foreign key. No duty fails of it, and what is not old is kept.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  housekeeperHistoryDocument,
  housekeeperStatusDocument,
  jsonText,
} from '../../src/documents/index.ts';
import { type Engine, type EngineName, utc } from '../../src/engines/index.ts';
import { housekeeperStatus, planCycle, runCycle } from '../../src/housekeeper/index.ts';
import { MIGRATIONS, modelOf } from '../../src/migrations/index.ts';
import type { Database } from '../../src/schema/index.ts';
import type { HousekeeperSettings } from '../../src/settings/index.ts';
import { DUTIES, listRuns, loadSample } from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { withoutForeignKeys } from '../harness/orphaned.ts';

const DAY_MS = 86_400_000;
const FAR = '9999-12-31 23:59:59.999999';
const FUTURE = utc(Date.now() + 400 * DAY_MS);
/** What each engine can be made to keep. */
const ABSURD: Readonly<Record<EngineName, readonly string[]>> = {
  sqlite: [
    FAR,
    FUTURE,
    '0000-00-00 00:00:00',
    '0000-01-01 00:00:00.000000',
    '',
    'soon',
    '-1',
    '2026-02-31 25:61:61',
  ],
  mysql: [FAR, FUTURE, '0000-00-00 00:00:00', '0000-01-01 00:00:00', '1000-01-01 00:00:00'],
  mariadb: [FAR, FUTURE, '0000-00-00 00:00:00', '0000-01-01 00:00:00', '1000-01-01 00:00:00'],
  postgresql: [
    FAR,
    FUTURE,
    'infinity',
    '-infinity',
    '4713-01-01 00:00:00 BC',
    '294276-12-31 23:59:59.999999',
    '0001-01-01',
  ],
};
const SETTINGS: HousekeeperSettings = {
  dryRun: false,
  daemonize: false,
  cyclePauseMs: 3_600_000,
  logKeep: 300,
  logKeepPerCompany: 100,
  tmpDirectory: null,
  tmpAgeMs: DAY_MS,
  staleJobAgeMs: DAY_MS,
  skipDuties: [],
  window: null,
};

describeEngines('a database of absurd dates and lost rows', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let directory: string;
  const context = () => ({ engine, program: 'test' });
  const request = () => ({
    settings: SETTINGS,
    duties: DUTIES,
    timeBudgetMs: 120_000,
    archive: { directory },
    lag: undefined,
  });
  const kept = () =>
    engine
      .kysely<Database>()
      .selectFrom('job')
      .select(['id', 'status'])
      .where('status', 'in', ['waiting', 'running'])
      .orderBy('id')
      .execute();

  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-absurd-'));
    await loadSample(context(), { jobs: 400, days: 90, seed: 1 });
    // What it keeps of itself has dates as well.
    await runCycle(context(), request());
  });
  afterAll(async () => {
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  /** In every column with a date, each row another one. */
  async function makeAbsurd(): Promise<number> {
    const values = ABSURD[name];
    let taken = 0;
    await engine
      .kysely<Database>()
      .connection()
      .execute(async (session) => {
        const lax = name === 'mysql' || name === 'mariadb';
        if (lax) await sql`set session sql_mode = ''`.execute(session);
        for (const { name: table, columns } of modelOf(MIGRATIONS).values())
          for (const { name: column } of columns.filter(({ type }) => type.kind === 'datetime'))
            for (const [n, value] of values.entries()) {
              const statement = sql`update ${sql.table(table)} set ${sql.ref(column)} = ${value}
                where id % ${sql.lit(values.length * 2)} = ${sql.lit(n)}`;
              const { numAffectedRows = 0n } = await statement
                .execute(session)
                .catch(() => ({}) as { numAffectedRows?: bigint });
              taken += Number(numAffectedRows);
            }
        if (lax)
          await sql`set session sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'`.execute(session);
      });
    return taken;
  }

  /** Every other row of each table leads nowhere by each of its foreign keys. */
  async function loseParents(): Promise<void> {
    await withoutForeignKeys(engine, async (bare) => {
      for (const { name: table, columns } of modelOf(MIGRATIONS).values())
        for (const [n, { name: column }] of columns.filter(({ references }) => references).entries())
          await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sql.lit(900_000 + n)} where id % 7 = ${sql.lit(n)}`
            .execute(bare)
            // Two such rows cannot be, where they would be the same: then there are none.
            .catch(() => {});
    });
  }

  test('fails no duty, in a dry run or for real, again and again', async () => {
    expect(await makeAbsurd()).toBeGreaterThan(200);
    await loseParents();
    const future = await engine
      .kysely<Database>()
      .selectFrom('job')
      .select('id')
      .where('DatCreate', '>=', utc(Date.now()))
      .where('DatCreate', '<=', FAR)
      .execute();
    expect(future.length).toBeGreaterThan(20);
    const unfinished = await kept();
    const errors: unknown[] = [];
    for (const cycle of [planCycle, runCycle, planCycle, runCycle, runCycle]) {
      const result = await cycle(context(), request());
      errors.push(...result.duties.flatMap(({ duty, error }) => (error ? [[duty, error.message]] : [])));
    }
    expect(errors).toEqual([]);
    const ids = new Set(
      (await engine.kysely<Database>().selectFrom('job').select('id').execute()).map(({ id }) => id),
    );
    expect(future.filter(({ id }) => !ids.has(id))).toEqual([]);
    expect(unfinished.filter(({ id }) => !ids.has(id))).toEqual([]);
  });

  test('neither status nor history fails of it, and both are documents', async () => {
    await makeAbsurd();
    const status = await housekeeperStatus(context(), SETTINGS, DUTIES);
    const runs = await listRuns({ engine }, 1_000);
    for (const document of [housekeeperStatusDocument(status), housekeeperHistoryDocument(runs)])
      expect(JSON.parse(jsonText(document))).toBeTruthy();
    await makeAbsurd();
    expect((await runCycle(context(), request())).failed).toEqual([]);
  });
});
