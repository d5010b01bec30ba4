/** What a rollback destroys is saved first, and comes back to the byte. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { MIGRATIONS, migrate, modelOf, planRollback, rollback } from '../../src/migrations/index.ts';
import { loadSample } from '../../src/sample/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { applyRestore, backUpLosses, planRestore } from '../../src/transfer/index.ts';
import { dataDigest, schemaDigest } from '../harness/digests.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { processFile } from '../harness/processes.ts';

const TABLES = [...modelOf(MIGRATIONS).keys()];
/** Each with two artifacts and five log entries, all of which are saved and put back again and again. */
const JOBS = 300;
const patient = { program: 'test', waitMs: 60_000 };

describeEngines('what a rollback destroys', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let directory: string;
  let file: string;
  let files = 0;
  let data: string;
  let schema: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-losses-'));
    database = await migratedDatabase(name);
    engine = database.engine;
    await loadSample(engine, { jobs: JOBS, days: 30, seed: 5, until: Date.UTC(2026, 0, 31), force: true });
    data = await dataDigest(engine, TABLES);
    schema = await schemaDigest(engine);
    // For tests that cannot put back what they have destroyed.
    file = join(directory, `whole-${name}.rows.zst`);
    await backUpLosses(engine, await planRollback(engine, MIGRATIONS, { target: '0' }), file);
  });
  beforeEach(() => {
    file = join(directory, `${++files}.rows.zst`);
  });
  afterAll(async () => {
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  const down = (target: string | undefined) =>
    rollback(engine, {
      ...patient,
      target,
      beforeApply: async (plan) => (await backUpLosses(engine, plan, file)).check,
    });
  const restore = async () => applyRestore(engine, await planRestore(engine, file));
  const expectAsBefore = async () => {
    expect(await dataDigest(engine, TABLES)).toBe(data);
    expect(await schemaDigest(engine)).toBe(schema);
  };
  async function expectNextIdIsNew(): Promise<void> {
    const newest = async () => {
      const { rows } = await sql<{ id: bigint }>`select max(id) as id from company`.execute(engine.kysely());
      return rows[0]?.id ?? 0n;
    };
    const before = await newest();
    await sql`insert into company (slug, name) values ('one-more', 'One more')`.execute(engine.kysely());
    expect(await newest()).toBe(before + 1n);
    await sql`delete from company where slug = 'one-more'`.execute(engine.kysely());
  }
  const run = (words: readonly string[]) =>
    spawnSync(process.execPath, [processFile('restoring'), JSON.stringify(database.settings), ...words], {
      encoding: 'utf8',
    });

  test('everything at once comes back, digests equal', async () => {
    await down('0');
    await migrate(engine, patient);
    const parts = await restore();
    expect(parts.map(({ conflicts }) => conflicts)).toEqual(parts.map(() => 0));
    expect(parts.reduce((sum, { restored }) => sum + restored, 0)).toBeGreaterThan(JOBS * 5);
    await expectAsBefore();
  });

  test('one migration after the other, each with a file of its own', async () => {
    const saved: string[] = [];
    for (const _ of MIGRATIONS) {
      await down(undefined);
      // A migration whose tables were empty by then has nothing to save.
      if (existsSync(file)) saved.push(file);
      file = join(directory, `${++files}.rows.zst`);
    }
    await migrate(engine, patient);
    for (const one of saved.reverse()) {
      file = one;
      await restore();
    }
    await expectAsBefore();
  });

  test('the next id is one that was never given', async () => {
    await down('0');
    await migrate(engine, patient);
    await restore();
    await expectNextIdIsNew();
    await expectAsBefore();
  });

  test('is not destroyed when it was written to after it was saved', async () => {
    const note = (word: string) =>
      sql`update company set name = ${word} where id = 1`.execute(engine.kysely());
    const { rows } = await sql<{ name: string }>`select name from company where id = 1`.execute(
      engine.kysely(),
    );
    const rollingBack = rollback(engine, {
      ...patient,
      target: '0',
      beforeApply: async (plan) => {
        const { check } = await backUpLosses(engine, plan, file);
        await note('written late');
        return check;
      },
    });
    await expect(rollingBack).rejects.toThrow(/company was written to after it was saved/);
    expect(
      (await sql<{ name: string }>`select name from company where id = 1`.execute(engine.kysely())).rows,
    ).toEqual([{ name: 'written late' }]);
    await note(rows[0]?.name ?? '');
    await migrate(engine, patient);
    await restore();
    await expectAsBefore();
  });

  test('killed while it is saved: nothing is destroyed, and the next run saves it anew', async () => {
    expect(run(['back up', file, '300']).signal).toBe('SIGKILL');
    await expectAsBefore();
    expect(existsSync(file)).toBe(false);
    await down('0');
    expect(readdirSync(directory).filter((name) => name.endsWith('.partial'))).toEqual([]);
    await migrate(engine, patient);
    await restore();
    await expectAsBefore();
  });

  test('killed while it is put back, again and again: the next run goes on', {
    timeout: 240_000,
  }, async () => {
    await down('0');
    await migrate(engine, patient);
    for (const rows of [1, 100, 500, 1_200])
      expect(run(['restore', file, String(rows)]).signal).toBe('SIGKILL');
    const parts = await restore();
    expect(parts.reduce((sum, { present }) => sum + present, 0)).toBeGreaterThan(1_200);
    await expectNextIdIsNew();
    await expectAsBefore();
  });

  test('what was changed since stays, and is named', async () => {
    await down('0');
    await migrate(engine, patient);
    await restore();
    const { rows } = await sql<{ name: string }>`select name from company where id = 2`.execute(
      engine.kysely(),
    );
    await sql`update company set name = 'renamed' where id = 2`.execute(engine.kysely());
    const parts = await restore();
    expect(parts.find(({ table }) => table === 'company')).toMatchObject({
      restored: 0,
      conflicts: 1,
      conflictKeys: ['id 2'],
    });
    await sql`update company set name = ${rows[0]?.name} where id = 2`.execute(engine.kysely());
    await expectAsBefore();
  });

  test('comes back around what the platform has made meanwhile, and nothing is mixed up', async () => {
    await down('0');
    await migrate(engine, patient);
    const db = engine.kysely<Database>();
    // Another company has its id now, and another one its slug under another id.
    await db.insertInto('company').values({ id: 1n, slug: 'newcomer', name: 'Newcomer' }).execute();
    const parts = await restore();
    const conflicts = new Map(parts.map((part) => [part.table, part.conflicts]));
    expect(conflicts.get('company')).toBe(1);
    // No run template and no job of the old company may become one of the newcomer.
    expect(conflicts.get('run_template')).toBeGreaterThan(0);
    const strangers = await db.selectFrom('run_template').select('id').where('company_id', '=', 1n).execute();
    const jobs = await db.selectFrom('job').select('id').where('company_id', '=', 1n).execute();
    expect([strangers, jobs]).toEqual([[], []]);
    await db.deleteFrom('company').where('id', '=', 1n).execute();
    await restore();
    await expectAsBefore();
  });

  test('comes back but for a row whose unique value somebody else has', async () => {
    const db = engine.kysely<Database>();
    const { uuid } = await db
      .selectFrom('applications')
      .select('uuid')
      .where('id', '=', 1n)
      .executeTakeFirstOrThrow();
    await down('0');
    await migrate(engine, patient);
    await db
      .insertInto('applications')
      .values({ id: 999n, uuid, name: 'Other', executable: 'true' })
      .execute();
    const parts = await restore();
    expect(parts.find(({ table }) => table === 'applications')).toMatchObject({
      conflicts: 1,
      conflictKeys: ['id 1'],
    });
    await db.deleteFrom('applications').where('id', '=', 999n).execute();
    await restore();
    await expectAsBefore();
  });

  test('comes back though its values together are larger than any statement may be', async () => {
    const db = engine.kysely<Database>();
    const { id } = await db.selectFrom('job').select('id').limit(1).executeTakeFirstOrThrow();
    const large = Array.from({ length: 12 }, (_, n) => ({
      job_id: id,
      filename: 'large',
      content: Buffer.alloc(3_000_000, n),
    }));
    for (const row of large) await db.insertInto('artifacts').values(row).execute();
    const before = await dataDigest(engine, ['artifacts']);
    await down('0');
    await migrate(engine, patient);
    await restore();
    expect(await dataDigest(engine, ['artifacts'])).toBe(before);
    await db.deleteFrom('artifacts').where('filename', '=', 'large').execute();
    await expectAsBefore();
  });

  if (name === 'mysql' || name === 'mariadb')
    test('with a value larger than the server takes says what to do', { timeout: 120_000 }, async () => {
      const db = engine.kysely<Database>();
      const { id } = await db.selectFrom('job').select('id').limit(1).executeTakeFirstOrThrow();
      const bytes = 9 * 1024 * 1024;
      await sql`insert into artifacts (job_id, filename, content) values (${id}, 'huge', repeat('x', ${bytes}))`.execute(
        db,
      );
      await down('0');
      await migrate(engine, patient);
      // As on a server whose limit has been lowered since.
      const largestStatement = async () => ({ ...(await engine.largestStatement()), bytes, raiseTo: String });
      await expect(
        applyRestore({ ...engine, largestStatement }, await planRestore(engine, file)),
      ).rejects.toMatchObject({ code: 'TOO_LARGE', message: expect.stringContaining('artifacts with id') });
      // It takes a value that no statement could carry with its bytes as digits.
      await restore();
      await db.deleteFrom('artifacts').where('filename', '=', 'huge').execute();
      await expectAsBefore();
    });

  test('cannot be put back before the tables are there', async () => {
    await down('0');
    await expect(planRestore(engine, file)).rejects.toMatchObject({ code: 'NOT_MIGRATED' });
    await migrate(engine, patient);
    await restore();
    await expectAsBefore();
  });
});
