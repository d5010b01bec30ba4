/** Every value arrives as it was, in all directions; and the platform never waits for longer than it may. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { runSwitch, type SwitchRun, type TaskNotice } from '../../src/tasks/index.ts';
import { stopAndVerify } from '../../src/tasks/switch/stop.ts';
import { movedTables } from '../../src/transfer/index.ts';
import { ENGINE_NAMES, isAvailable, migratedDatabase, type TestDatabase } from '../harness/engines.ts';
import { contents } from '../harness/switching.ts';

type Made = TestDatabase & { readonly engine: Engine };

const HUGE = 9_007_199_254_740_993n;
const directory = mkdtempSync(join(tmpdir(), 'switch-pairs-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function requestOf(from: Made, to: Made, maxStopMs?: number): SwitchRun {
  const settingsFile = join(directory, `${randomBytes(4).toString('hex')}.env`);
  writeFileSync(settingsFile, '# ours\nDB_CONNECTION=old\n');
  return {
    settingsFile,
    written: to.environment,
    returnsBy: null,
    source: from.settings,
    target: to.settings,
    except: [],
    maxStopMs,
    confirmed: [],
    waitMs: 0,
  };
}

const TEXTS = ['', ' ', '\'"\\`$%_', '🐱e\u0301\u00e9', 'a\r\nb\tc\u0001', 'ſß İı', `${'x'.repeat(300)}`];
const JSONS = [
  '{"b":1,"a":[1.0,null,true]}',
  '{"a":1,"a":2}',
  '[18446744073709551615,-0.1,1e2]',
  '"😀"',
  'null',
];

/** Whatever the schema takes, in every type that it has. */
async function fill({ engine }: Made): Promise<void> {
  const db = engine.kysely<Database>();
  await db
    .insertInto('user')
    .values(
      JSONS.map((settings, n) => ({
        login: `u${n}`,
        settings,
        enabled: n % 2 === 0,
        firstname: n === 0 ? null : '',
      })),
    )
    .execute();
  await db
    .insertInto('company')
    .values([
      ...TEXTS.map((name, n) => ({ slug: `C${n}`, name: name.slice(0, 255), logo: name })),
      // Letter case and accents alone tell these apart.
      ...['acme', 'ACME', 'ácme', 'acme '].map((slug) => ({ slug, name: slug })),
    ])
    .execute();
  await db
    .insertInto('company')
    .values({
      ...{ id: HUGE, slug: 'huge', name: 'huge' },
      ...{ DatCreate: '0001-01-01 00:00:00.000001', DatUpdate: '9999-12-31 23:59:59.999999' },
    })
    .execute();
  await db.insertInto('applications').values({ id: 1n, uuid: 'u', name: 'n', executable: 'e' }).execute();
  await db
    .insertInto('job')
    .values(
      [1n, HUGE, HUGE + 2n].map((id) => ({ id, app_id: 1n, company_id: HUGE, exitcode: -2_147_483_648 })),
    )
    .execute();
  const contentsOf = [null, Buffer.alloc(0), Buffer.from([0, 255, 0, 10, 92]), randomBytes(1_500_000)];
  for (const content of contentsOf)
    await db
      .insertInto('artifacts')
      .values({ job_id: HUGE, filename: '\\N', content, note: content ? 'é'.repeat(9) : null })
      .execute();
  await engine.catchUpIdentity('job');
  // An id that was given and whose row is gone may be in an archive.
  await db
    .deleteFrom('job')
    .where('id', '=', HUGE + 2n)
    .execute();
}

const AVAILABLE = ENGINE_NAMES.filter(isAvailable);

describe.each(AVAILABLE)('every value of %s', (name) => {
  let source: Made;
  let before: Record<string, string>;
  beforeAll(async () => {
    source = await migratedDatabase(name);
    await fill(source);
    before = await contents(source.engine, ['housekeeping_run']);
  });
  afterAll(() => source.drop());

  test.each(AVAILABLE)('arrives on %s', async (other) => {
    const target = await migratedDatabase(other);
    const request = requestOf(source, target);
    const outcome = await runSwitch({ engine: source.engine, program: 'test' }, request);
    expect(await contents(target.engine, ['housekeeping_run'])).toEqual(before);
    expect(outcome.receipt.tables.find(({ table }) => table === 'artifacts')?.rows).toBe(4);
    const job = { app_id: 1n, company_id: HUGE, command: 'next' };
    await target.engine.kysely<Database>().insertInto('job').values(job).execute();
    const { rows } = await sql`select id from job where command = 'next'`.execute(target.engine.kysely());
    expect(rows).toEqual([{ id: HUGE + 3n }]);
    await target.drop();
  });
});

describe.each(AVAILABLE)('a table of several portions', (name) => {
  test(`arrives on ${name} as a whole`, async () => {
    const [source, target] = [await migratedDatabase('sqlite'), await migratedDatabase(name)];
    await sql`
      insert into logger (message) with recursive n (i) as (select 1 union all select i + 1 from n where i < 25000)
      select 'entry ' || i from n`.execute(source.engine.kysely());
    const outcome = await runSwitch({ engine: source.engine, program: 'test' }, requestOf(source, target));
    expect(outcome.receipt.tables.find(({ table }) => table === 'logger')?.rows).toBe(25_000);
    expect(await contents(target.engine, ['housekeeping_run'])).toEqual(
      await contents(source.engine, ['housekeeping_run']),
    );
    await target.drop();
    await source.drop();
  });
});

/** While the switch can do nothing else: it is quick with what comes next. */
function addAtOnce({ settings }: Made): void {
  if (settings.connection !== 'sqlite') throw new Error('this needs a file');
  const copy = new Sqlite(settings.file);
  copy.prepare("insert into company (slug, name) values ('nobody asked', 'x')").run();
  copy.close();
}

test('a row that somebody adds to the copy is found and removed before the platform stops', async () => {
  const [source, target] = [await migratedDatabase('sqlite'), await migratedDatabase('sqlite')];
  await fill(source);
  const told: string[] = [];
  const onNotice = (notice: TaskNotice) => {
    if (notice.kind !== 'switch') return;
    told.push(notice.step.step);
    if (notice.step.step === 'copied') addAtOnce(target);
  };
  await runSwitch({ engine: source.engine, program: 'test', onNotice }, requestOf(source, target));
  expect(told).toEqual(['copied', 'caught-up', 'holds-writers', 'released']);
  expect(await contents(target.engine, ['housekeeping_run'])).toEqual(
    await contents(source.engine, ['housekeeping_run']),
  );
  await target.drop();
  await source.drop();
});

describe('the stop', () => {
  let source: Made;
  let target: Made;
  beforeAll(async () => {
    const [first = 'sqlite'] = AVAILABLE;
    source = await migratedDatabase(first);
    target = await migratedDatabase(AVAILABLE.at(-1) ?? first);
    await fill(source);
  });
  afterAll(async () => {
    await target.drop();
    await source.drop();
  });

  test('does not begin when it would take longer than allowed', async () => {
    const request = requestOf(source, target, 1);
    const told: string[] = [];
    const context = {
      engine: source.engine,
      program: 'test',
      onNotice: (notice: TaskNotice) => notice.kind === 'switch' && told.push(notice.step.step),
    };
    await expect(runSwitch(context, request)).rejects.toMatchObject({
      code: 'CANNOT_SWITCH',
      exit: 5,
      message: expect.stringContaining('the stop was not begun'),
    });
    expect(told).toEqual(['copied', 'caught-up']);
    expect(readFileSync(request.settingsFile, 'utf8')).toContain('DB_CONNECTION=old');
  });

  test('is given up when it takes longer after all, and the platform writes on', async () => {
    const { tables } = await movedTables(source.engine);
    const [reader, targetReader] = [await source.open('inspect'), await target.open('inspect')];
    const sides = { reader, targetReader, target: target.engine, tables, rows: 1 };
    let same = false;
    const stop = stopAndVerify(
      { engine: source.engine, program: 'test' },
      sides,
      { known: { portions: [], state: null }, changed: 0, stopMs: 0 },
      {
        maxStopMs: 2,
        openTarget: () => target.open('inspect'),
        beforeStop: () => {},
        onSame: async () => {
          same = true;
        },
      },
    );
    await expect(stop).rejects.toMatchObject({ message: expect.stringContaining('was given up') });
    expect(same).toBe(false);
    await source.engine.kysely<Database>().insertInto('logger').values({ message: 'on' }).execute();
    await targetReader.close();
    await reader.close();
  });
});
