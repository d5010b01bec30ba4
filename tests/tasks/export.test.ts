/** Exports: what is in the file is what was in the database at one moment, all of it and nothing else. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { isMultiFlexiError } from '../../src/errors.ts';
import { MIGRATIONS, migrate } from '../../src/migrations/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { type ExportRequest, planExport, runExport } from '../../src/tasks/index.ts';
import { Passphrase } from '../../src/transfer/index.ts';
import { describeEngines, freshDatabase, migratedDatabase } from '../harness/engines.ts';
import { fillTables, ROWS_EACH } from '../harness/filling.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { ALL, compact, type Document, digestsOf, json } from './exported.ts';
import { Told } from './told.ts';

/** Of several bytes a character, and larger than a value that is written whole. */
const LONG = `${'ž🏦"\n'.repeat(400_000)}x`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-export-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describeEngines('an export', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  const file = (suffix = 'rows.zst') => join(directory, `a "b" $c ž.${suffix}`);
  const to = (path: string, request: Partial<ExportRequest> = {}, passphrase?: Passphrase) =>
    runExport(new Told(engine).context, { ...ALL, file: path, ...request }, { passphrase });

  describe('of every table and type', () => {
    beforeAll(async () => {
      database = await migratedDatabase(name);
      engine = database.engine;
      await fillTables(engine, MIGRATIONS);
      const db = engine.kysely<Database>();
      await db
        .updateTable('artifacts')
        .set({ content: Buffer.alloc(3_000_001, 'á"\\\0') })
        .where('id', '=', 1n)
        .execute();
      await db.updateTable('logger').set({ message: LONG }).where('id', '=', 1n).execute();
      await db
        .insertInto('job')
        .values({ id: 2n ** 62n + 1n, app_id: 1n, company_id: 1n, command: '' })
        .execute();
    });
    afterAll(() => database.drop());

    test('has the rows of the database in both forms, with the same digests', async () => {
      const expected = await digestsOf(engine);
      const document = await json(engine);
      expect(document.counts).toEqual(expected);
      expect(document).toMatchObject({ format: 'multiflexi export', version: 1, complete: true });
      for (const [table, rows] of Object.entries(document.tables))
        expect([table, rows.length]).toEqual([table, expected[table]?.rows]);
      const { header, manifest, tables } = await to(file()).then(() => compact(file()));
      expect(Object.fromEntries(manifest.tables.map(({ name: table, ...sum }) => [table, sum]))).toEqual(
        expected,
      );
      expect(header).toMatchObject({ purpose: 'export', version: 2 });
      const { tables: _, ...schema } = document.schema as { tables: unknown };
      expect(header.details).toEqual({ schema, selection: document.selection });
      expect([...tables.keys()]).toEqual(Object.keys(document.tables));
      expect(document.tables.company).toHaveLength(ROWS_EACH);
    });

    test('is read by JSON.parse as it was stored, large values and ids included', async () => {
      const { tables } = await json(engine);
      const [first] = tables.artifacts ?? [];
      expect(Buffer.from(String(first?.content), 'base64').equals(Buffer.alloc(3_000_001, 'á"\\\0'))).toBe(
        true,
      );
      expect(tables.logger?.[0]?.message === LONG).toBe(true);
      expect(tables.job?.at(-1)).toMatchObject({ id: String(2n ** 62n + 1n), command: '', exitcode: null });
    });

    test('is encrypted by a passphrase, or refused in JSON', async () => {
      const passphrase = new Passphrase('correct horse');
      await to(file(), { encrypted: true }, passphrase);
      expect(readFileSync(file()).includes('company')).toBe(true);
      const { tables } = await compact(file(), passphrase);
      expect(tables.get('company')).toHaveLength(ROWS_EACH);
      await expect(compact(file(), new Passphrase('wrong horse'))).rejects.toMatchObject({
        code: 'PASSPHRASE_WRONG',
      });
      await expect(to(file('json'), { encrypted: true }, passphrase)).rejects.toMatchObject({
        code: 'USAGE',
      });
    });

    test('is a private file that has its name when it is complete, and replaces nothing', async () => {
      for (const path of [file(), file('json')]) {
        await to(path);
        expect(statSync(path).mode & 0o777).toBe(0o600);
        const before = readFileSync(path);
        await expect(to(path)).rejects.toMatchObject({ code: 'FILE_FAILED' });
        expect(readFileSync(path).equals(before)).toBe(true);
      }
      expect(readdirSync(directory)).toHaveLength(2);
    });

    test('of some tables takes along what they refer to, and refuses to leave rows without parents', async () => {
      const told = new Told(engine);
      const request = { ...ALL, tables: ['artifacts'], file: file() };
      await runExport(told.context, request, {});
      const { tables } = await compact(file());
      expect([...tables.keys()].sort()).toEqual(
        ['applications', 'artifacts', 'company', 'job', 'run_template', 'user'].sort(),
      );
      expect(told.notices).toContainEqual({
        kind: 'tables-added',
        tables: expect.arrayContaining(['job', 'company']),
      });
      expect(Object.keys((await json(engine, { without: ['artifacts'] })).tables)).not.toContain('artifacts');
      await expect(json(engine, { without: ['job'] })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('artifacts, logger, retention_hold'),
      });
      for (const wrong of [{ tables: ['jobs'] }, { without: ['artifact'] }, { tables: ['multiflexi_lease'] }])
        await expect(planExport({ engine }, { ...ALL, ...wrong })).rejects.toMatchObject({
          code: 'UNKNOWN_TARGET',
        });
    });

    test('names a table that no migration makes, which can be left out or named', async () => {
      const db = engine.kysely<unknown>();
      await sql`create table ${sql.table('in"voice')} (id bigint primary key)`.execute(db);
      try {
        await expect(json(engine)).rejects.toMatchObject({ code: 'CANNOT_BE_SAVED' });
        expect(Object.keys((await json(engine, { without: ['in"voice'] })).tables)).toContain('job');
      } finally {
        await sql`drop table ${sql.table('in"voice')}`.execute(db);
      }
    });

    test('that is interrupted leaves no file', async () => {
      const stopped = new AbortController();
      const context = {
        ...new Told(engine).context,
        signal: stopped.signal,
        onProgress: () => stopped.abort(new Error('enough')),
      };
      for (const path of [file(), file('json')])
        await expect(runExport(context, { ...ALL, file: path }, {})).rejects.toThrow('enough');
      expect(readdirSync(directory)).toEqual([]);
    });
  });

  describe('of one company', () => {
    beforeAll(async () => {
      database = await migratedDatabase(name);
      engine = database.engine;
      await makeCompany(engine);
      const db = engine.kysely<Database>();
      await db
        .insertInto('user')
        .values([
          { id: 1n, login: 'one' },
          { id: 2n, login: 'two' },
          { id: 3n, login: 'nobody' },
        ])
        .execute();
      await db.insertInto('token').values({ user_id: 1n, token: 'secret' }).execute();
      await db
        .insertInto('applications')
        .values({ id: 2n, uuid: '0d3c5d4e-0000-4000-8000-000000000002', name: 'Two', executable: 'true' })
        .execute();
      await db
        .insertInto('credential_prototype')
        .values([
          { id: 1n, uuid: 'p1', code: 'p1', name: 'P1', definition: '{}' },
          { id: 2n, uuid: 'p2', code: 'p2', name: 'P2', definition: '{}' },
        ])
        .execute();
      await db
        .insertInto('credential_type')
        .values([
          { company_id: 1n, uuid: 'c1', name: 'C1', credential_prototype_id: 1n },
          { company_id: 2n, uuid: 'c2', name: 'C2', credential_prototype_id: 2n },
        ])
        .execute();
      await makeHistory(
        engine,
        Array.from({ length: 2_500 }, (_, n) => ({
          ...{ id: BigInt(n + 1), status: 'ok' as const, minute: n, artifacts: 1, logs: 1 },
          template: n % 2 === 0 ? 1n : 3n,
        })),
        [1, 2, 3],
      );
      await db.updateTable('job').set({ launched_by: 1n }).where('id', '=', 1n).execute();
      await db.updateTable('job').set({ launched_by: 2n, app_id: 2n }).where('id', '=', 2n).execute();
      await db.insertInto('retention_hold').values({ job_id: 1n, reason: 'ours' }).execute();
      await db.insertInto('retention_hold').values({ job_id: 2n, reason: 'theirs' }).execute();
    });
    afterAll(() => database.drop());

    test('has its rows, what they refer to, and no other company’s', async () => {
      const told = new Told(engine);
      const { tables } = await json(engine, { company: 'acme' });
      expect(tables.company).toMatchObject([{ id: 1, slug: 'acme' }]);
      expect(tables.job).toHaveLength(1_250);
      expect(tables.artifacts).toHaveLength(1_250);
      expect(tables.run_template?.map(({ id }) => id)).toEqual([1, 2]);
      expect(tables.applications?.map(({ id }) => id)).toEqual([1]);
      expect(tables.user?.map(({ login }) => login)).toEqual(['one']);
      expect(tables.credential_type?.map(({ uuid }) => uuid)).toEqual(['c1']);
      expect(tables.credential_prototype?.map(({ uuid }) => uuid)).toEqual(['p1']);
      expect(tables.retention_hold?.map(({ reason }) => reason)).toEqual(['ours']);
      expect(Object.keys(tables)).not.toContain('token');
      expect(Object.keys(tables)).not.toContain('installation');
      for (const rows of Object.values(tables))
        expect(rows.filter(({ company_id = 1 }) => company_id !== 1 && company_id !== null)).toEqual([]);
      const jobs = new Set(tables.job?.map(({ id }) => id));
      for (const child of [...(tables.artifacts ?? []), ...(tables.logger ?? [])])
        expect(child.job_id === null || jobs.has(child.job_id)).toBe(true);
      // By its id as well, and the other one has the rest.
      await runExport(told.context, { ...ALL, company: '2', file: file() }, {});
      expect(told.kinds()).toEqual(['accounts-exported']);
      const other = await compact(file());
      expect(other.tables.get('job')).toHaveLength(1_250);
      expect(other.header.details).toMatchObject({ selection: { company: { id: 2, name: 'other' } } });
      await expect(json(engine, { company: 'acme', tables: ['token'] })).rejects.toMatchObject({
        code: 'USAGE',
      });
      await expect(json(engine, { company: 'nix' })).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
    });

    test('is planned with the rows that it will have', async () => {
      const { tables } = await planExport({ engine }, { ...ALL, company: 'acme' });
      const { counts } = await json(engine, { company: 'acme' });
      expect(Object.fromEntries(tables.map(({ name: table, rows }) => [table, rows]))).toEqual(
        Object.fromEntries(Object.entries(counts).map(([table, { rows }]) => [table, rows])),
      );
    });

    test('is refused where a row of it refers to one of another company', async () => {
      const db = engine.kysely<Database>();
      await db.updateTable('job').set({ run_template_id: 3n }).where('id', '=', 5n).execute();
      try {
        for (const path of [file(), file('json')])
          await expect(to(path, { company: 'acme' })).rejects.toMatchObject({
            code: 'VERIFICATION_FAILED',
            message: expect.stringContaining('job with id 5'),
          });
        expect(readdirSync(directory)).toEqual([]);
      } finally {
        await db.updateTable('job').set({ run_template_id: 1n }).where('id', '=', 5n).execute();
      }
    });
  });

  test('is of one moment, whatever is written meanwhile', { timeout: 60_000 }, async () => {
    const busy = await migratedDatabase(name);
    try {
      await makeCompany(busy.engine);
      await makeHistory(
        busy.engine,
        Array.from({ length: 6_000 }, (_, n) => ({
          ...{ id: BigInt(n + 1), status: 'ok' as const, minute: n, artifacts: 1, logs: 1 },
        })),
        [],
      );
      const others = await busy.open();
      let ended = false;
      let written = 0;
      const writer = (async () => {
        for (let n = 0; !ended; n++) {
          await step(others, n);
          written++;
          await turn();
        }
      })();
      while (written < 3) await turn();
      try {
        for (const form of ['json', 'compact'] as const) {
          const before = written;
          const tables =
            form === 'json' ? (await json(busy.engine)).tables : await asObjects(busy.engine, file());
          expect(written).toBeGreaterThan(before);
          expectConsistent(tables);
        }
      } finally {
        ended = true;
        await writer;
        await others.close();
      }
    } finally {
      await busy.drop();
    }
  });

  async function asObjects(from: Engine, path: string): Promise<Document['tables']> {
    await runExport(new Told(from).context, { ...ALL, file: path }, {});
    const { header, tables } = await compact(path);
    return Object.fromEntries(
      header.tables.map(({ name: table, columns }) => [
        table,
        (tables.get(table) ?? []).map((row) =>
          Object.fromEntries(columns.map((column, place) => [column.name, row[place]])),
        ),
      ]),
    );
  }
});

/** A job with its artifact comes, an old one goes, and seconds change hands, in one transaction. */
async function step(engine: Engine, n: number): Promise<void> {
  const id = BigInt(1_000_000 + n);
  try {
    await engine
      .kysely<Database>()
      .transaction()
      .execute(async (db) => {
        await db.insertInto('job').values({ id, app_id: 1n, company_id: 1n, run_template_id: 1n }).execute();
        await db.insertInto('artifacts').values({ job_id: id, filename: 'stdout.txt' }).execute();
        await db
          .deleteFrom('job')
          .where('id', '=', BigInt(6_000 - n))
          .execute();
        await db
          .updateTable('run_template')
          .set((eb) => ({ delay: eb('delay', '+', 1) }))
          .where('id', '=', 1n)
          .execute();
        await db
          .updateTable('run_template')
          .set((eb) => ({ delay: eb('delay', '-', 1) }))
          .where('id', '=', 2n)
          .execute();
      });
  } catch (error) {
    if (!isMultiFlexiError(error, 'LOCK_TIMEOUT')) throw error;
  }
}

function expectConsistent(tables: Document['tables']): void {
  const jobs = new Set(tables.job?.map(({ id }) => id));
  expect(jobs.size).toBe(6_000);
  for (const { job_id } of [...(tables.artifacts ?? []), ...(tables.logger ?? [])])
    expect(jobs.has(job_id)).toBe(true);
  expect(tables.artifacts).toHaveLength(6_000);
  expect(tables.run_template?.reduce((sum, { delay }) => sum + Number(delay), 0)).toBe(0);
}

test('of an older schema has its tables, and the migrations that it is of', async () => {
  const database = await freshDatabase('sqlite');
  const engine = await database.open('create');
  try {
    const target = MIGRATIONS[12]?.version;
    await expect(json(engine)).rejects.toMatchObject({ code: 'NOT_MIGRATED' });
    await migrate(engine, { program: 'test', waitMs: 0, target });
    const { schema, tables, source } = await json(engine);
    expect(schema).toMatchObject({ version: target, migrations: { length: 13 } });
    expect([Object.keys(tables).length, source]).toEqual([
      13,
      expect.objectContaining({ installation: null }),
    ]);
  } finally {
    await engine.close();
    await database.drop();
  }
});

test('a row that could not be imported is named, and nothing is exported', async () => {
  const database = await migratedDatabase('sqlite');
  const { engine } = database;
  try {
    await makeCompany(engine);
    const db = engine.kysely<unknown>();
    await sql`pragma ignore_check_constraints = on`.execute(db);
    await sql`update company set "DatCreate" = '2026-02-30 00:00:00.000000' where id = 2`.execute(db);
    const path = join(directory, 'b.rows.zst');
    for (const file of [path, `${path}.json`])
      await expect(runExport(new Told(engine).context, { ...ALL, file }, {})).rejects.toMatchObject({
        code: 'CANNOT_BE_SAVED',
        message: expect.stringContaining('company with id 2'),
        next: expect.stringContaining('Nothing was exported'),
      });
    expect(readdirSync(directory)).toEqual([]);
  } finally {
    await database.drop();
  }
});

test('a partial file of a process that was killed is removed by the next export to that name', async () => {
  const database = await migratedDatabase('sqlite');
  try {
    const path = join(directory, 'b.json');
    writeFileSync(`${path}.999999999.partial`, '{');
    await runExport(new Told(database.engine).context, { ...ALL, file: path }, {});
    expect(readdirSync(directory)).toEqual(['b.json']);
    expect(existsSync(path)).toBe(true);
  } finally {
    await database.drop();
  }
});
