/** What the commands print for people and for scripts, and the status they end with, on every engine. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as z from 'zod';
import {
  MIGRATIONS as APPLIED,
  FAILURE,
  PLANNED_MIGRATIONS as PLAN,
  PLANNED_PURGE as PRUNE_PLAN,
  PURGED as PRUNED,
  PLANNED_RECLAIM as RECLAIM_PLAN,
  RECLAIMED,
  PLANNED_ROLLBACK_RESTORE as RESTORE_PLAN,
  ROLLBACK_RESTORED as RESTORED,
  SAMPLE,
  SIZE,
  STATUS,
} from '../../src/documents/schemas.ts';
import type { Engine } from '../../src/engines/index.ts';
import { LEDGER, MIGRATIONS } from '../../src/migrations/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

describeEngines('the program', (name) => {
  let database: TestDatabase;
  let engine: Engine;
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-results-'));
  beforeAll(async () => {
    database = await freshDatabase(name);
  });
  afterAll(async () => {
    await engine?.close();
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  const run = (...words: string[]) => cli(words, database.environment);
  async function json<T>(schema: z.ZodType<T>, exit: number, ...words: string[]): Promise<T> {
    const done = await run(...words, '-f', 'json');
    const quiet = (exit === 0 || exit === 3) && !words.some((word) => /^--(yes|confirm)$/.test(word));
    expect([done.exit, done.stderr]).toEqual([exit, quiet ? '' : expect.any(String)]);
    return schema.parse(JSON.parse(done.stdout));
  }

  test('leads from an empty database to a pruned one', async () => {
    expect(await json(STATUS, 3, 'db:status')).toMatchObject({
      pending_count: MIGRATIONS.length,
      missing_count: 0,
      total_count: MIGRATIONS.length,
    });

    const plan = await json(PLAN, 0, 'db:migrate', '--dry-run');
    expect(plan.migrations).toHaveLength(MIGRATIONS.length);
    expect(plan.migrations[0]?.statements[0]?.sql).toMatch(/^create table ["`]user["`]/);
    expect(await json(STATUS, 3, 'db:status')).toMatchObject({ pending_count: MIGRATIONS.length });

    expect((await json(APPLIED, 0, 'db:migrate', '-t', '20200520140330')).migrations).toHaveLength(5);
    expect(await json(STATUS, 3, 'db:status')).toMatchObject({ pending_count: MIGRATIONS.length - 5 });
    expect((await json(APPLIED, 0, 'db:migrate')).migrations).toHaveLength(MIGRATIONS.length - 5);
    expect((await json(APPLIED, 0, 'db:migrate')).migrations).toEqual([]);
    const status = await json(STATUS, 0, 'db:status');
    expect(status).toMatchObject({
      pending_count: 0,
      missing_count: 0,
      total_count: MIGRATIONS.length,
      database_kind: 'ours',
    });
    expect(status.migrations[9]).toMatchObject({
      migration_status: 'up',
      migration_id: '20221125095601',
      migration_name: 'job',
    });

    const sample = await json(
      SAMPLE,
      0,
      'sample:load',
      '--jobs',
      '2000',
      '--days',
      '30',
      '--seed',
      '7',
      '--until',
      '2026-01-31',
    );
    expect(sample.tables.find((table) => table.table_name === 'job')?.rows).toBe(2000);
    expect(await json(FAILURE, 5, 'sample:load', '--jobs', '10')).toMatchObject({
      error: { code: 'HAS_JOBS', next: expect.stringContaining('--force') },
    });

    const size = await json(SIZE, 0, 'db:size', '--exact');
    expect(size.tables.find((table) => table.table_name === 'job')).toMatchObject({
      rows: 2000,
      rows_exact: true,
    });

    const dry = await json(PRUNE_PLAN, 0, 'prune', '--jobs', '--logs', '--keep', '500', '--dry-run');
    const pruned = await json(PRUNED, 0, 'prune', '--jobs', '--logs', '--keep', '500', '--yes');
    expect(pruned.tables).toEqual(dry.tables.map(({ table_name, rows }) => ({ table_name, rows })));
    expect([pruned.stopped, pruned.space.reclaim]).toEqual([null, null]);
    const possible = await json(RECLAIM_PLAN, 0, 'db:reclaim', '--dry-run');
    const reclaimed = await json(RECLAIMED, 0, 'db:reclaim', '--time-budget', '1h');
    expect(reclaimed.stopped).toBeNull();
    if (name === 'sqlite') {
      expect(pruned.space).toMatchObject({
        freed_inside_bytes: possible.reclaimable_bytes,
        reclaimable_bytes: possible.reclaimable_bytes,
      });
      expect(possible.reclaimable_bytes).toBeGreaterThan(1_000_000);
      expect(reclaimed.space).toMatchObject({ reclaimable_bytes: 0, how: [] });
      expect(reclaimed.space.returned_to_disk_bytes).toBeGreaterThan(1_000_000);
    }
    const after = await json(SIZE, 0, 'db:size', '--exact');
    expect(after.tables.find((table) => table.table_name === 'logger')?.rows).toBe(500);
  });

  test('says the same for people', async () => {
    const status = await run('db:status', '--no-ansi');
    expect(status.stdout).toMatch(/^Status\s+Migration ID\s+Started\s+Finished\s+Migration Name$/m);
    expect(status.stdout).toMatch(
      /^ {4}up {2}20160203130652 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}user$/m,
    );
    expect(status.stdout).not.toContain('\u001b');
    expect((await run('db:size')).stdout).toMatch(
      /^Table\s+Rows\s+Data\s+Indexes(\s+Overflow)?\s+Total\s+Share\s+Free inside$/m,
    );
    expect((await run('prune', '--logs', '--keep', '100', '--dry-run')).stdout).toMatch(
      /^logger\s+400\s+0\s+~\d+(\.\d+)? KiB$/m,
    );
  });

  test('refuses a rollback that would destroy data, and says what, before it does anything', async () => {
    const plan = await json(PLAN, 0, 'db:rollback', '-t', '20221123091933', '--dry-run');
    expect(plan.migrations.map((migration) => migration.migration_name)).toEqual([
      'token_scope',
      'housekeeper',
      'null_in_json',
      'installation',
      'housekeeping_run',
      'retention',
      'credential_prototype',
      'artifacts',
      'credential_type',
      'job',
    ]);
    expect(plan.losses).toContainEqual({
      table: 'job',
      column: null,
      values: expect.any(Number),
      bytes: expect.any(Number),
    });
    expect(plan.losses).toContainEqual({
      table: 'logger',
      column: 'job_id',
      values: expect.any(Number),
      bytes: expect.any(Number),
    });

    const refused = await run('db:rollback', '-t', '20221123091933', '--no-input');
    expect(refused.exit).toBe(5);
    expect(refused.stderr).toContain('table job with');
    expect(await json(STATUS, 0, 'db:status')).toMatchObject({ pending_count: 0 });

    const other = await run('db:rollback', '-t', '20221123091933', '--confirm', '00000000');
    expect([other.exit, other.stderr]).toEqual([5, expect.stringContaining(`--confirm ${plan.confirm}`)]);
    const agreed = ['db:rollback', '-t', '20221123091933', '--no-input', '--confirm', plan.confirm ?? ''];
    const file = join(directory, `${name}.rows.zst`);
    const applied = await json(APPLIED, 0, ...agreed, '--backup', file);
    expect([applied.migrations.length, applied.backup]).toEqual([plan.migrations.length, file]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await json(STATUS, 3, 'db:status')).toMatchObject({ pending_count: plan.migrations.length });
    expect(await json(FAILURE, 5, 'prune', '--jobs', '--keep', '1')).toMatchObject({
      error: { code: 'NOT_MIGRATED' },
    });
    expect((await run('db:restore-rollback', file)).exit).toBe(5);
    expect((await json(APPLIED, 0, 'db:migrate')).migrations).toHaveLength(plan.migrations.length);
    const held = await json(RESTORE_PLAN, 0, 'db:restore-rollback', file, '--dry-run');
    expect(held.parts).toContainEqual({ table: 'job', column: null, rows: expect.any(Number) });
    const restored = await json(RESTORED, 0, 'db:restore-rollback', file);
    expect(restored.parts.map(({ restored: back }) => back)).toEqual(held.parts.map(({ rows }) => rows));
    expect((await run('db:rollback', '-t', '20221123091933', '--yes', '--backup', file)).exit).toBe(1);
    const unsaved = await run('db:rollback', '-t', '0', '--yes', '--no-backup');
    expect([unsaved.exit, unsaved.stderr]).toEqual([0, expect.not.stringContaining('Saved')]);
    expect((await json(APPLIED, 0, 'db:rollback')).migrations).toEqual([]);
    expect((await json(APPLIED, 0, 'db:migrate')).migrations).toHaveLength(MIGRATIONS.length);
  });

  test('ends with 6 and the holder when another run has the lock', async () => {
    engine ??= await database.open();
    const lock = await engine.lock({ name: 'migrations', program: 'somebody', waitMs: 0 });
    const { exit, stderr } = await run('db:migrate', '--wait', '0');
    expect([exit, stderr]).toEqual([6, expect.stringContaining(`somebody (process ${process.pid})`)]);
    await lock.release();
  });

  test('ends with 2 when the ledger has a migration that is missing here, whatever is pending', async () => {
    engine ??= await database.open();
    const db = engine.kysely<Record<typeof LEDGER, Record<string, unknown>>>();
    const row = await db
      .selectFrom(LEDGER)
      .selectAll()
      .where('version', '=', '20160203130652')
      .executeTakeFirstOrThrow();
    await db
      .insertInto(LEDGER)
      .values({ ...row, version: '20990101000000', name: 'from_the_future' })
      .execute();
    const { exit, stdout } = await run('db:status', '--no-ansi');
    expect([exit, stdout]).toEqual([
      2,
      expect.stringMatching(/20990101000000 .* from_the_future {2}\*\* MISSING MIGRATION FILE \*\*/),
    ]);
    expect((await run('db:rollback', '-t', '0', '--yes')).exit).toBe(5);
    await db.deleteFrom(LEDGER).where('version', '=', '20990101000000').execute();
  });

  test('ends a prune after the chunk at hand when it is interrupted', async () => {
    engine ??= await database.open();
    expect((await run('sample:load', '--jobs', '3000')).exit).toBe(0);
    const child = startCli(
      ['prune', '--logs', '--jobs', '--keep', '10', '--yes', '-v'],
      database.environment,
    );
    let interrupted = false;
    // The log of statements says when it has begun to delete.
    child.stderr.on('data', (text: Buffer) => {
      if (!text.includes('"sql":"delete from') || interrupted) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    const { exit, stdout } = await finished(child);
    expect([exit, stdout]).toEqual([1, expect.stringContaining('rows in')]);
    const rest = ['prune', '--logs', '--jobs', '--keep', '10', '--yes', '--reclaim'];
    const resumed = await json(PRUNED, 0, ...rest);
    expect(resumed.tables.some((table) => table.rows > 0)).toBe(true);
    expect(resumed.space.reclaim?.stopped).toBeNull();
    expect(resumed.space.how?.some(({ by_reclaim }) => by_reclaim)).toBe(false);
  });
});
