/** What an archive takes can come back; what could not is refused by table and key, and keeps nothing else out. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RawBuilder, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WantedRows } from '../../src/cleanup/archive/part-writer.ts';
import { ArchiveRun } from '../../src/cleanup/archive/run.ts';
import {
  applyArchiveRestore,
  findArchive,
  planArchiveRestore,
  planPurge,
  readPlan,
  sameForAll,
  savePlan,
  verifyArchive,
} from '../../src/cleanup/index.ts';
import type { Engine, EngineName } from '../../src/engines/index.ts';
import { type Database, FINISHED } from '../../src/schema/index.ts';
import { LARGE_VALUE } from '../../src/transfer/row-stream/large-value.ts';
import { dataDigest } from '../harness/digests.ts';
import { describeEngines, isAvailable, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany } from '../harness/history.ts';
import { loadKnown } from '../harness/known-history.ts';

const TABLES = ['job', 'artifacts', 'logger'] as const;
const JOBS = [1n, 2n, 3n, 4n];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-restorable-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function historyOn(name: EngineName) {
  const database = await migratedDatabase(name);
  const { engine } = database;
  await makeCompany(engine);
  await loadKnown(
    engine,
    JOBS.map((id) => ({ id, status: 'ok', minute: Number(id), artifacts: 1, logs: 1 })),
  );
  const execute = (statement: RawBuilder<unknown>) => statement.execute(engine.kysely<unknown>());
  return { database, engine, execute };
}

/** The jobs with what is theirs. */
async function rowsOf(engine: Engine, ids: readonly bigint[]): Promise<WantedRows[]> {
  const jobs = await engine
    .kysely<Database>()
    .selectFrom('job')
    .select(['company_id', 'DatCreate as at'])
    .where('id', 'in', ids)
    .execute();
  return [
    { table: 'job', column: 'id', ids, rowsOf: () => 1, jobs },
    { table: 'artifacts', column: 'job_id', ids, rowsOf: () => 1 },
    { table: 'logger', column: 'job_id', ids, rowsOf: () => 1 },
  ];
}

/** Saves each job by itself. @returns the archive's name, and what was said of those that were refused */
/** Smaller than usual, so that each value is within what the servers take in a packet. */
const LARGEST_ROW = 8 * 1024 * 1024;

async function archive(engine: Engine) {
  const run = await ArchiveRun.open(engine, { directory, largestRow: LARGEST_ROW }, 'test');
  const partWriter = run.partWriter();
  const refused: string[] = [];
  for (const id of JOBS) {
    const wanted = await rowsOf(engine, [id]);
    try {
      await engine
        .kysely<unknown>()
        .transaction()
        .execute(async (db) => {
          await partWriter.save(db, wanted);
          await partWriter.onDisk();
        });
      await partWriter.committed();
    } catch (error) {
      expect(error).toMatchObject({ code: 'CANNOT_BE_SAVED' });
      refused.push((error as Error).message);
      await partWriter.failed(error, false);
    }
  }
  await run.finish();
  return { name: run.name, refused };
}

/** Archives the jobs, deletes those that it took, and puts them back. @returns what was refused */
async function throughAnArchive(
  engine: Engine,
  compared: readonly string[] = TABLES,
): Promise<readonly string[]> {
  const before = await dataDigest(engine, compared);
  const { name, refused } = await archive(engine);
  const place = findArchive(directory, name);
  expect(await verifyArchive(place)).toMatchObject({ faults: [], unsettled: false });
  const plan = await planArchiveRestore(engine, place, null);
  expect(plan.tables[0]?.rows).toBe(JOBS.length - refused.length);
  const taken = refused.length === 0 ? JOBS : JOBS.slice(refused.length);
  await engine.kysely<Database>().deleteFrom('job').where('id', 'in', taken).execute();
  const restored = await applyArchiveRestore(engine, plan);
  expect(restored.map(({ conflictReasons }) => conflictReasons)).toEqual([[], [], []]);
  expect(await dataDigest(engine, compared)).toBe(before);
  return refused;
}

describeEngines('a row that is archived', (name) => {
  test('comes back where the server fills columns by itself', async () => {
    const { database, engine, execute } = await historyOn(name);
    const kind = name === 'sqlite' ? 'virtual' : 'stored';
    await execute(
      sql`alter table job add column doubled bigint generated always as (exitcode * 2) ${sql.raw(kind)}`,
    );
    if (name === 'postgresql') await execute(sql`alter table artifacts alter column id set generated always`);
    if (name === 'mariadb') {
      await execute(sql`alter table logger add column since timestamp(6) generated always as row start,
        add column till timestamp(6) generated always as row end, add period for system_time (since, till),
        add system versioning`);
      await execute(sql`alter table artifacts add column hidden bigint invisible default 7`);
    }
    if (name === 'mysql')
      await execute(sql`alter table artifacts add column hidden bigint default 7 invisible`);
    // A row's period is when it was put back.
    const compared = name === 'mariadb' ? ['job', 'artifacts'] : TABLES;
    expect(await throughAnArchive(engine, compared)).toEqual([]);
    await database.drop();
  });

  test('comes back when columns have become wider, and without those that are gone only if that is asked for', async () => {
    const { database, engine, execute } = await historyOn(name);
    const { name: made } = await archive(engine);
    const place = findArchive(directory, made);
    const before = await dataDigest(engine, ['artifacts', 'logger']);
    await engine.kysely<Database>().deleteFrom('job').where('id', 'in', JOBS).execute();
    if (name === 'postgresql') {
      await execute(
        sql`alter table job alter column executor type varchar(255), alter column exitcode type bigint`,
      );
      await execute(sql`alter table job alter column app_version type text`);
    }
    await execute(sql`alter table job drop column pid`);
    await expect(planArchiveRestore(engine, place, null)).rejects.toMatchObject({ code: 'NOT_MIGRATED' });
    const plan = await planArchiveRestore(engine, place, null, { leaveOutMissing: true });
    expect(plan.leftOut).toEqual(['job.pid']);
    await engine
      .kysely<Database>()
      .insertInto('job')
      .values({ id: 2n, app_id: 1n, company_id: 1n })
      .execute();
    const restored = await applyArchiveRestore(engine, plan);
    expect(restored.map(({ restored: back }) => back)).toEqual([3, 3, 3]);
    expect(restored.map(({ conflictReasons }) => conflictReasons)).toEqual([
      ['another row has its key'],
      ['it refers to a row that was left out'],
      ['it refers to a row that was left out'],
    ]);
    await engine.kysely<Database>().deleteFrom('job').where('id', '=', 2n).execute();
    await applyArchiveRestore(engine, plan);
    expect(await dataDigest(engine, ['artifacts', 'logger'])).toBe(before);
    await database.drop();
  });

  test('comes back with values around the size from which they are in pieces, several of them in a row', async () => {
    const { database, engine, execute } = await historyOn(name);
    for (const [id, more] of [
      [1, -1],
      [2, 0],
      [3, 1],
      [4, 5 * 1024 * 1024],
    ] as const) {
      const bytes = LARGE_VALUE + more;
      // Characters of four, two and one bytes, at every border there is.
      const text = '\u{1f438}ž\u0001'.repeat(bytes).slice(0, bytes);
      const message = Buffer.from(text)
        .subarray(0, bytes - (bytes % 7))
        .toString();
      const filled = message + 'x'.repeat(bytes - Buffer.byteLength(message));
      await execute(sql`update logger set message = ${filled} where job_id = ${id}`);
      await execute(sql`update job set command = ${filled}, executor = 'two' where id = ${id}`);
      await execute(sql`update artifacts set content = ${Buffer.alloc(bytes, id)} where job_id = ${id}`);
      if (id === 4) await execute(sql`update job set stderr = ${filled} where id = 4`).catch(() => {});
    }
    expect(await throughAnArchive(engine)).toEqual([]);
    const versions = partsIn(directory).map(
      (file) => /"version":(\d)/.exec(readFileSync(file, 'latin1'))?.[1],
    );
    // A part that needs no pieces is one that older versions read.
    expect(versions).toEqual(['1', '2']);
    await database.drop();
  });

  test('is refused by name when it is too large to be archived in the memory there is', async () => {
    const { database, engine, execute } = await historyOn(name);
    const much = (bytes: number) =>
      name === 'sqlite'
        ? sql`substr(hex(zeroblob(${sql.lit(bytes / 2 + 1)})), 1, ${sql.lit(bytes)})`
        : sql`repeat('x', ${sql.lit(bytes)})`;
    const env = JSON.stringify({ long: 'x'.repeat(200) });
    await execute(sql`update job set command = ${much(LARGEST_ROW - 100)}, env = ${env} where id = 1`);
    await execute(sql`update logger set message = ${much(LARGEST_ROW / 4)} where job_id = 3`);
    if (name === 'mariadb') expect(await throughAnArchive(engine)).toEqual([tooLarge('job')]);
    else {
      const content = name === 'postgresql' ? sql`${much(LARGEST_ROW + 2)}::bytea` : much(LARGEST_ROW + 2);
      await execute(
        sql`update artifacts set content = ${name === 'sqlite' ? sql`cast(${content} as blob)` : content} where job_id = 2`,
      );
      expect(await throughAnArchive(engine)).toEqual([tooLarge('job'), tooLarge('artifacts')]);
    }
    await database.drop();
  });
});

function partsIn(archives: string): string[] {
  return readdirSync(archives, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.rows.zst'))
    .sort()
    .map((file) => join(archives, file));
}

function tooLarge(table: string) {
  return expect.stringMatching(new RegExp(`row of ${table} with id \\d+ .* take \\d+ bytes`));
}

describe.runIf(isAvailable('postgresql'))('an instant beyond the calendar on postgresql', () => {
  test('comes back, and spoils neither a catalogue nor a plan', async () => {
    const { database, engine, execute } = await historyOn('postgresql');
    for (const [id, instant] of [
      [1, '-infinity'],
      [2, '0044-03-15 12:00:00.5+00 BC'],
      [3, 'infinity'],
      [4, '294276-12-31 23:59:59.999999+00'],
    ] as const)
      await execute(sql`update job set "DatCreate" = ${instant}, "begin" = ${instant} where id = ${id}`);
    const rule = { keep: null, keepPerTemplate: null, keepLastSuccess: false, statuses: FINISHED };
    const plan = await planPurge(engine, sameForAll(null, { ...rule, olderThan: at(100) }, undefined));
    const file = join(directory, 'plan.json');
    savePlan(file, plan);
    expect(readPlan(engine, file)).toEqual(plan);
    expect(await throughAnArchive(engine)).toEqual([]);
    await database.drop();
  });
});

for (const name of ['mysql', 'mariadb'] as const)
  describe.runIf(isAvailable(name))(`a date of a lax sql_mode on ${name}`, () => {
    test('is refused by name, and the others are archived', async () => {
      const { database, engine } = await historyOn(name);
      await engine
        .kysely<unknown>()
        .connection()
        .execute(async (session) => {
          await sql`set session sql_mode = 'ALLOW_INVALID_DATES'`.execute(session);
          await sql`update job set schedule = '0000-00-00 00:00:00' where id = 1`.execute(session);
          await sql`update artifacts set created_at = '2026-00-00 00:00:00' where job_id = 2`.execute(
            session,
          );
          await sql`update job set ${sql.ref('end')} = '2026-02-31 00:00:00' where id = 3`.execute(session);
          await sql`set session sql_mode = 'STRICT_ALL_TABLES'`.execute(session);
        });
      const { refused } = await archive(engine);
      expect(refused).toEqual([
        expect.stringMatching(/row of job with id 1 .* schedule/),
        expect.stringMatching(/row of artifacts with id \d+ .* created_at/),
        expect.stringMatching(/row of job with id 3 .* end/),
      ]);
      await database.drop();
    });
  });

describe.runIf(isAvailable('sqlite'))('a value that its column does not take on sqlite', () => {
  test('is refused by name, and the others are archived', async () => {
    const { database, engine, execute } = await historyOn('sqlite');
    await execute(sql`pragma ignore_check_constraints = on`);
    for (const [id, column, value] of [
      [1, 'env', sql`'no json'`],
      [2, 'exitcode', sql`'abc'`],
      [3, 'command', sql`cast(x'ff41' as text)`],
    ] as const)
      await execute(sql`update job set ${sql.ref(column)} = ${value} where id = ${id}`);
    await execute(sql`update artifacts set content = 'text' where job_id = 4`);
    const { refused } = await archive(engine);
    expect(refused).toEqual([
      expect.stringMatching(/row of job with id 1 .* env is not valid JSON/),
      expect.stringMatching(/row of job with id 2 /),
      expect.stringMatching(/row of job with id 3 .* command is not valid UTF-8/),
      expect.stringMatching(/row of artifacts with id \d+ /),
    ]);
    await database.drop();
  });
});
