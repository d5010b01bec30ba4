/** What the commands print for people and for scripts, and the status they end with, on every engine. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import type { Engine } from '../../src/engines/index.ts';
import { LEDGER, MIGRATIONS } from '../../src/migrations/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

const STATUS = z.strictObject({
  pending_count: z.int(),
  missing_count: z.int(),
  total_count: z.int(),
  changed_count: z.int(),
  newer_than_program: z.boolean(),
  database_kind: z.enum(['ours', 'empty', 'php-edition', 'foreign']),
  migrations: z.array(
    z.strictObject({
      migration_status: z.enum(['up', 'down']),
      migration_id: z.string().regex(/^\d{14}$/),
      migration_name: z.string(),
      state: z.enum(['up', 'down', 'running', 'failed']),
      direction: z.enum(['up', 'down']).nullable(),
      steps_done: z.int().nullable(),
      steps_total: z.int().nullable(),
      started: z.string().nullable(),
      finished: z.string().nullable(),
      breakpoint: z.boolean(),
      missing: z.boolean(),
      changed_at_step: z.int().nullable(),
      out_of_order: z.boolean(),
      error: z.string().nullable(),
    }),
  ),
});
const APPLIED = z.strictObject({
  accepted: z.array(z.string()),
  backup: z.string().nullable(),
  migrations: z.array(
    z.strictObject({ migration_id: z.string(), migration_name: z.string(), milliseconds: z.int() }),
  ),
});
const PLAN = z.strictObject({
  dry_run: z.literal(true),
  direction: z.enum(['up', 'down']),
  migrations: z.array(
    z.strictObject({
      migration_id: z.string(),
      migration_name: z.string(),
      steps_done: z.int(),
      out_of_order: z.boolean(),
      statements: z.array(
        z.strictObject({
          summary: z.string(),
          sql: z.string(),
          session: z
            .strictObject({ before: z.string(), after: z.string(), while_empty: z.string() })
            .nullable(),
          table_name: z.string(),
          blocks: z.enum(['nothing', 'writes', 'everything']),
          work: z.enum(['a moment', 'reads all rows', 'rewrites all rows']),
          rows: z.int(),
          bytes: z.int(),
        }),
      ),
    }),
  ),
  accepted: z.array(z.string()),
  confirm: z.string().nullable(),
  losses: z.array(
    z.strictObject({ table: z.string(), column: z.string().nullable(), values: z.int(), bytes: z.int() }),
  ),
});
const SIZE = z.strictObject({
  product: z.string(),
  total_bytes: z.int(),
  free_bytes: z.int().nullable(),
  tables: z.array(
    z.strictObject({
      table_name: z.string(),
      rows: z.int(),
      rows_exact: z.boolean(),
      data_bytes: z.int(),
      index_bytes: z.int(),
      total_bytes: z.int(),
      free_bytes: z.int().nullable(),
    }),
  ),
});
const SAMPLE = z.strictObject({
  milliseconds: z.int(),
  tables: z.array(z.strictObject({ table_name: z.string(), rows: z.int() })),
});
const PART = { table: z.string(), column: z.string().nullable(), rows: z.int() };
const RESTORE_PLAN = z.strictObject({
  dry_run: z.literal(true),
  file: z.string(),
  created: z.iso.datetime(),
  program_version: z.string(),
  source: z.strictObject({ product: z.string(), where: z.string() }),
  parts: z.array(z.strictObject(PART)),
});
const RESTORED = z.strictObject({
  dry_run: z.literal(false),
  parts: z.array(
    z.strictObject({
      ...PART,
      restored: z.int(),
      present: z.int(),
      conflicts: z.int(),
      conflict_keys: z.array(z.string()),
    }),
  ),
});
const SKIPPED = z.array(z.strictObject({ company: z.string().nullable(), jobs: z.int() }));
const PRUNE_PLAN = z.strictObject({
  dry_run: z.literal(true),
  made: z.string(),
  plan_file: z.string().nullable(),
  tables: z.array(
    z.strictObject({
      table_name: z.string(),
      rows: z.int(),
      with_their_job: z.int(),
      bytes_estimate: z.int(),
    }),
  ),
  companies: z.array(
    z.strictObject({
      company_id: z.int(),
      slug: z.string(),
      jobs: z.int(),
      oldest: z.string(),
      newest: z.string(),
    }),
  ),
  skipped: SKIPPED,
});
const REMEDY = z.strictObject({
  command: z.string(),
  gives: z.string(),
  lock: z.string(),
  needs: z.string(),
  needs_bytes: z.int().nullable(),
  by_reclaim: z.boolean(),
});
const SPACE = z.strictObject({
  freed_inside_bytes: z.int().nullable(),
  returned_to_disk_bytes: z.int(),
  reclaimable_bytes: z.int().nullable(),
  estimated: z.boolean(),
  disk_free_bytes: z.int().nullable(),
  how: z.array(REMEDY),
  notes: z.array(z.string()),
});
const RECLAIM = {
  stopped: z.enum(['interrupted', 'time budget', 'another session']).nullable(),
  milliseconds: z.int(),
  slices: z.int(),
  longest_slice_milliseconds: z.int(),
};
const RECLAIM_PLAN = z.strictObject({
  dry_run: z.literal(true),
  reclaimable_bytes: z.int().nullable(),
  estimated: z.boolean(),
  disk_free_bytes: z.int().nullable(),
  how: z.array(REMEDY),
  notes: z.array(z.string()),
});
const RECLAIMED = z.strictObject({ dry_run: z.literal(false), ...RECLAIM, space: SPACE });
const PRUNED = z.strictObject({
  dry_run: z.literal(false),
  stopped: z.enum(['interrupted', 'time budget']).nullable(),
  milliseconds: z.int(),
  chunks: z.int(),
  longest_chunk_milliseconds: z.int(),
  waited_for_replicas_milliseconds: z.int(),
  reconnections: z.int(),
  archive: z
    .strictObject({
      archive: z.string(),
      bytes: z.int(),
      tables: z.array(z.strictObject({ table_name: z.string(), rows: z.int() })),
    })
    .nullable(),
  skipped: SKIPPED,
  backlog: z.strictObject({
    rows_left: z.int(),
    grows_per_hour: z.int().nullable(),
    deleted_per_hour: z.int().nullable(),
    gone_at: z.iso.datetime().nullable(),
    grows: z.boolean().nullable(),
  }),
  tables: z.array(z.strictObject({ table_name: z.string(), rows: z.int() })),
  space: z.strictObject({
    ...SPACE.shape,
    reclaim: z.strictObject(RECLAIM).nullable(),
    error: z.null(),
  }),
});
const FAILURE = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), next: z.string() }),
});

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
    expect(await json(STATUS, 3, 'db:status')).toMatchObject({ pending_count: 10 });
    expect((await json(APPLIED, 0, 'db:migrate')).migrations).toHaveLength(10);
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
    expect((await run('db:size')).stdout).toMatch(/^Table\s+Rows\s+Data\s+Indexes\s+Total\s+Free inside$/m);
    expect((await run('prune', '--logs', '--keep', '100', '--dry-run')).stdout).toMatch(
      /^logger\s+400\s+0\s+~\d+(\.\d+)? KiB$/m,
    );
  });

  test('refuses a rollback that would destroy data, and says what, before it does anything', async () => {
    const plan = await json(PLAN, 0, 'db:rollback', '-t', '20221123091933', '--dry-run');
    expect(plan.migrations.map((migration) => migration.migration_name)).toEqual([
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
    expect(refused.stderr).toContain('table job will be gone');
    expect(await json(STATUS, 0, 'db:status')).toMatchObject({ pending_count: 0 });

    const other = await run('db:rollback', '-t', '20221123091933', '--confirm', '00000000');
    expect([other.exit, other.stderr]).toEqual([5, expect.stringContaining(`--confirm ${plan.confirm}`)]);
    const agreed = ['db:rollback', '-t', '20221123091933', '--no-input', '--confirm', plan.confirm ?? ''];
    const file = join(directory, `${name}.rows.zst`);
    const applied = await json(APPLIED, 0, ...agreed, '--backup', file);
    expect([applied.migrations.length, applied.backup]).toEqual([6, file]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await json(STATUS, 3, 'db:status')).toMatchObject({ pending_count: 6 });
    expect(await json(FAILURE, 5, 'prune', '--jobs', '--keep', '1')).toMatchObject({
      error: { code: 'NOT_MIGRATED' },
    });
    expect((await run('db:restore-rollback', file)).exit).toBe(5);
    expect((await json(APPLIED, 0, 'db:migrate')).migrations).toHaveLength(6);
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
    expect((await run('sample:load', '--jobs', '8000')).exit).toBe(0);
    const child = startCli(
      ['prune', '--logs', '--jobs', '--keep', '10', '--yes', '-v'],
      database.environment,
    );
    let interrupted = false;
    // The log of statements says when it has begun to delete.
    child.stderr.on('data', (text: Buffer) => {
      if (!text.includes('delete from') || interrupted) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    const { exit, stdout } = await finished(child);
    expect([exit, stdout]).toEqual([1, expect.stringContaining('rows in')]);
    const rest = ['prune', '--logs', '--jobs', '--keep', '10', '--yes', '--reclaim'];
    const resumed = await json(PRUNED, 0, ...rest);
    expect(resumed.tables.some((table) => table.rows > 0)).toBe(true);
    expect(resumed.space.reclaim?.stopped).toBeNull();
    expect(resumed.space.how.some(({ by_reclaim }) => by_reclaim)).toBe(false);
  });
});
