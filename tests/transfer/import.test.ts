/** An export of any engine comes back on any engine, row for row, whatever is in it and whatever version it is of. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, EngineName } from '../../src/engines/index.ts';
import { MIGRATIONS, migrate, modelOf, requireMigrated } from '../../src/migrations/index.ts';
import { readInstallation } from '../../src/schema/index.ts';
import { Passphrase, planImport, runImport } from '../../src/tasks/index.ts';
import {
  describeEngines,
  ENGINE_NAMES,
  freshDatabase,
  isAvailable,
  migratedDatabase,
  testWhere,
} from '../harness/engines.ts';
import { exportTo, fillNasty, takenRecords } from '../harness/exported.ts';

const directory = mkdtempSync(join(tmpdir(), 'multiflexi-import-test-'));
const SOURCES = ENGINE_NAMES.filter(isAvailable);
const FORMS = ['json', 'rows.zst'] as const;
const fileOf = (name: EngineName, form: (typeof FORMS)[number]) => join(directory, `${name}.${form}`);
const sums = new Map<string, unknown>();

beforeAll(async () => {
  for (const name of SOURCES) {
    const source = await migratedDatabase(name);
    await fillNasty(source.engine);
    // One more id was given, of a row that is gone.
    const db = source.engine.kysely<unknown>();
    await source.engine.catchUpIdentity('logger');
    await sql`insert into logger (message) values ('gone')`.execute(db);
    await sql`delete from logger where message = 'gone'`.execute(db);
    for (const form of FORMS) {
      const { tables } = await exportTo(source.engine, fileOf(name, form));
      sums.set(`${name}.${form}`, tables);
    }
    await source.drop();
  }
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true }));

async function imported(engine: Engine, file: string, passphrase?: Passphrase) {
  const context = { engine, program: 'test' };
  const plan = await planImport(context, { file, passphrase });
  return runImport(context, { file, passphrase, plan, waitMs: 1_000 });
}

let exported = 0;

/** Read by what exports, which shares no line with what imports. */
async function sumsIn(engine: Engine): Promise<unknown> {
  const file = join(directory, `again-${exported++}.rows.zst`);
  const { tables } = await exportTo(engine, file);
  return tables;
}

describeEngines('an export', (name) => {
  test.each(
    SOURCES.map(
      (source, place) => [source, FORMS[(place + ENGINE_NAMES.indexOf(name)) % 2] ?? 'json'] as const,
    ),
  )('of %s (%s) comes back row for row, and the next row gets an id of its own', async (source, form) => {
    const database = await migratedDatabase(name);
    const { engine } = database;
    try {
      const { verified, continued } = await imported(engine, fileOf(source, form));
      expect(continued).toBe(false);
      const [record, ...more] = await takenRecords(engine);
      expect([record, more]).toEqual([expect.stringMatching(/^\d+ rows from .*\(.+\)$/), []]);
      expect(verified.sums).toEqual(sums.get(`${source}.${form}`));
      expect(await sumsIn(engine)).toEqual(sums.get(`${source}.${form}`));
      expect((await readInstallation(engine)).id).toBe(
        JSON.parse(readFileSync(fileOf(source, 'json'), 'utf8')).source.installation,
      );
      await requireMigrated(engine);
      for (const table of ['job', 'logger']) {
        const { rows } = await sql<{ id: bigint }>`select max(id) as id from ${sql.table(table)}`.execute(
          engine.kysely<unknown>(),
        );
        const added =
          table === 'job'
            ? sql`insert into job (app_id, company_id) values (1, 1)`
            : sql`insert into logger (message) values ('next')`;
        await added.execute(engine.kysely<unknown>());
        const { rows: after } = await sql<{
          id: bigint;
        }>`select max(id) as id from ${sql.table(table)}`.execute(engine.kysely<unknown>());
        expect(after[0]?.id).toBe((rows[0]?.id ?? 0n) + (table === 'job' ? 1n : 2n));
      }
    } finally {
      await database.drop();
    }
  });

  test('of an older version is loaded at that version and migrated; not empty then, it is refused', async () => {
    const [source, target] = [await freshDatabase(name), await freshDatabase(name)];
    const from = await source.open('create');
    const version = '20261126213000';
    await migrate(from, { program: 'test', waitMs: 0, target: version });
    await fillNasty(from);
    const file = join(directory, `${name}-older.json`);
    await exportTo(from, file);
    await from.close();
    const into = await target.open('create');
    try {
      const { verified, migrations } = await imported(into, file);
      expect(verified.schema.version).toBe(version);
      expect(migrations.map((one) => one.version)).toEqual(
        MIGRATIONS.map((one) => one.version).filter((one) => one > version),
      );
      expect((await into.tableNames()).filter((one) => one.includes('import'))).toEqual([]);
      await expect(imported(into, file)).rejects.toMatchObject({ code: 'NOT_MIGRATED' });
      await expect(imported(into, fileOf(name, 'json'))).rejects.toMatchObject({
        code: 'NOT_EMPTY',
        message: expect.stringContaining('artifacts'),
      });
    } finally {
      await into.close();
      await source.drop();
      await target.drop();
    }
  });

  test('that the database does not take leaves not a row, nor a mark', async () => {
    const database = await migratedDatabase(name);
    const { engine } = database;
    try {
      // A rule that nobody who exports knows of: two rows of one name.
      await sql`create unique index uq_of_somebody on run_template (company_id, app_id)`.execute(
        engine.kysely<unknown>(),
      );
      await expect(imported(engine, fileOf(name, 'rows.zst'))).rejects.toMatchObject({
        code: 'CONSTRAINT',
        next: expect.stringContaining('deleted again'),
      });
      expect(await engine.tableNames()).not.toContain('multiflexi_import');
      for (const table of modelOf(MIGRATIONS).keys()) {
        const { rows } = await sql`select 1 as one from ${sql.table(table)} limit 1`.execute(
          engine.kysely<unknown>(),
        );
        expect([table, rows.length]).toEqual([table, 0]);
      }
      await sql`drop index uq_of_somebody ${sql.raw(name.startsWith('m') ? 'on run_template' : '')}`.execute(
        engine.kysely<unknown>(),
      );
      await imported(engine, fileOf(name, 'rows.zst'));
    } finally {
      await database.drop();
    }
  });

  testWhere(name === 'postgresql')(
    'with U+0000 in a text is refused by name before anything is written',
    async () => {
      const database = await freshDatabase(name);
      const engine = await database.open('create');
      const source = await migratedDatabase('sqlite');
      await fillNasty(source.engine);
      const nul = 'a\0b';
      await sql`insert into logger (id, message) values (77, ${nul})`.execute(
        source.engine.kysely<unknown>(),
      );
      const file = join(directory, 'nul.rows.zst');
      await exportTo(source.engine, file);
      try {
        await expect(imported(engine, file)).rejects.toMatchObject({
          code: 'CANNOT_BE_LOADED',
          message: expect.stringMatching(/logger with id 77.*U\+0000/),
        });
        expect(await engine.tableNames()).toEqual([]);
      } finally {
        await engine.close();
        await database.drop();
        await source.drop();
      }
    },
  );

  testWhere(name === 'sqlite')('comes back encrypted, and as jq has rewritten it', async () => {
    const source = await migratedDatabase(name);
    await fillNasty(source.engine);
    const passphrase = new Passphrase('correct horse battery');
    const [encrypted, rewritten] = [join(directory, 'e.rows.zst'), join(directory, 'jq.json')];
    await exportTo(source.engine, encrypted, passphrase);
    const text = readFileSync(fileOf(name, 'json'), 'utf8');
    writeFileSync(rewritten, `\n ${JSON.stringify(JSON.parse(text), null, 2)}\n\n`);
    for (const [file, key, wanted] of [
      [encrypted, passphrase, await sumsIn(source.engine)],
      [rewritten, undefined, sums.get(`${name}.json`)],
    ] as const) {
      const database = await migratedDatabase(name);
      await imported(database.engine, file, key);
      await takenRecords(database.engine);
      expect(await sumsIn(database.engine)).toEqual(wanted);
      await database.drop();
    }
    const locked = await freshDatabase(name);
    const engine = await locked.open('create');
    await expect(imported(engine, encrypted)).rejects.toMatchObject({ code: 'PASSPHRASE_NEEDED' });
    await engine.close();
    await locked.drop();
    await source.drop();
  });
});
