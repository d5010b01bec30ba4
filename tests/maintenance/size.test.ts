/** Sizes are the page's own, to the byte; a table that somebody holds is named as busy, and the rest is still told. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect } from 'vitest';
import {
  type Engine,
  openEngine,
  type ServerSettings,
  type StatementEvent,
} from '../../src/engines/index.ts';
import { measure } from '../../src/maintenance/index.ts';
import { sizeSamples } from '../../src/tasks/duties/size-samples.ts';
import { untilBlocked } from '../harness/blocked-session.ts';
import { dutyContext } from '../harness/duty.ts';
import { administer, describeEngines, migratedDatabase, serverOf, testWhere } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { startForTest } from '../harness/processes.ts';
import { asAccount } from '../harness/role.ts';
import { sqlCommands } from '../page/page.ts';
import { runIn } from '../servers/index.ts';

const JOBS: readonly TestJob[] = Array.from({ length: 2_000 }, (_, n) => ({
  id: BigInt(n + 1),
  status: 'ok',
  minute: n,
  artifacts: 2,
  logs: 5,
}));
/** Far less than a statement would wait behind a queue that nobody ends. */
const AT_ONCE_MS = 5_000;

describeEngines('sizes', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  const isInnodb = name === 'mysql' || name === 'mariadb';
  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
    await makeHistory(engine, JOBS, []);
  });
  afterEach(() => database.drop());

  const run = (statement: string, on = engine) => sql.raw(statement).execute(on.kysely());
  async function lookUp<Row>(statement: string): Promise<Row[]> {
    return (await sql.raw<Row>(statement).execute(engine.kysely())).rows;
  }

  async function fillOverflow(): Promise<void> {
    await engine.bulkLoad({
      table: 'artifacts',
      columns: ['job_id', 'filename', 'content'],
      rows: Array.from({ length: 400 }, () => [1n, 'long', randomBytes(15_000)]),
    });
  }

  testWhere(isInnodb)("are the figures of the page's own query", async () => {
    for (const table of await engine.tableNames()) await run(`analyze table \`${table}\``);
    const [, , , command = ''] = sqlCommands('mysql');
    const page = /-e "\s*(SELECT[\s\S]*?);/.exec(command)?.[1] ?? '';
    const { database: own } = database.settings as ServerSettings;
    const shown = await lookUp<Record<string, unknown>>(page.replace("'multiflexi'", `'${own}'`));
    const size = await measure(engine, { exact: false });
    const rounded = (bytes: number) => (Math.round((bytes / 1024 / 1024) * 100) / 100).toFixed(2);
    const figures = (rows: readonly (readonly unknown[])[]) => rows.map((row) => row.join(' ')).sort();
    expect(figures(size.tables.map((t) => [t.name, rounded(t.dataBytes), rounded(t.indexBytes)]))).toEqual(
      figures(shown.map((row) => Object.values(row).map(String))),
    );
    const raw = await lookUp<{ name: string; data: bigint; indexes: bigint }>(
      `select table_name as name, data_length as data, index_length as indexes from information_schema.tables where table_schema = '${own}'`,
    );
    expect(new Map(size.tables.map((t) => [t.name, [t.dataBytes, t.indexBytes]]))).toEqual(
      new Map(raw.map((row) => [row.name, [Number(row.data), Number(row.indexes)]])),
    );
    expect(size.tables.every(({ overflowBytes }) => overflowBytes === null)).toBe(true);
    expect([size.freeIs, size.notes.length]).toEqual(['at least', 2]);
  });

  testWhere(name === 'postgresql')("are the figures of the page's own query", async () => {
    await fillOverflow();
    const [, , command = ''] = sqlCommands('psql');
    const page = /-c "\s*(SELECT[\s\S]*?);/.exec(command)?.[1] ?? '';
    const size = await measure(engine, { exact: false });
    const pretty = await lookUp<{ relname: string; pg_size_pretty: string }>(page);
    const shown = new Map(pretty.map((row) => [row.relname, row.pg_size_pretty]));
    const raw = await lookUp<{ relname: string; bytes: bigint; text: string }>(
      page.replace(
        'pg_size_pretty(pg_total_relation_size(oid))',
        'pg_total_relation_size(oid) as bytes, pg_size_pretty(pg_total_relation_size(oid)) as text',
      ),
    );
    const bytes = new Map(raw.map((row) => [row.relname, row]));
    expect(size.tables.length).toBeGreaterThan(15);
    for (const table of size.tables) {
      expect([table.name, BigInt(table.totalBytes)]).toEqual([table.name, bytes.get(table.name)?.bytes]);
      expect(bytes.get(table.name)?.text).toBe(shown.get(table.name));
    }
    const [artifacts] = size.tables.filter((table) => table.name === 'artifacts');
    const [toast] = await lookUp<{ toast: bigint; indexes: bigint }>(
      `select pg_total_relation_size(reltoastrelid) as toast, pg_indexes_size(oid) as indexes from pg_class where relname = 'artifacts'`,
    );
    // Long values are none of the indexes, which other tools take them for.
    expect([artifacts?.overflowBytes, artifacts?.indexBytes]).toEqual([
      Number(toast?.toast),
      Number(toast?.indexes),
    ]);
    expect(artifacts?.overflowBytes).toBeGreaterThan(1_000_000);
  });

  testWhere(name === 'sqlite')('are those of dbstat, overflow pages apart', async () => {
    await fillOverflow();
    const size = await measure(engine, { exact: true });
    const pages = await lookUp<{ name: string; kind: string; bytes: bigint }>(
      `select name, pagetype as kind, sum(pgsize) as bytes from dbstat group by name, pagetype`,
    );
    const of = (table: string, overflow: boolean) =>
      pages
        .filter((page) => page.name === table && (page.kind === 'overflow') === overflow)
        .reduce((sum, page) => sum + Number(page.bytes), 0);
    for (const table of size.tables)
      expect([table.name, table.dataBytes, table.overflowBytes]).toEqual([
        table.name,
        of(table.name, false),
        of(table.name, true),
      ]);
    const all = pages.reduce((sum, page) => sum + Number(page.bytes), 0);
    const kept = pages.filter(({ name }) => name.startsWith('sqlite_s'));
    expect(size.tables.reduce((sum, { totalBytes }) => sum + totalBytes, 0)).toBe(
      all - kept.reduce((sum, page) => sum + Number(page.bytes), 0),
    );
    expect(size.tables.find((table) => table.name === 'artifacts')?.overflowBytes).toBeGreaterThan(4_000_000);
    expect(size.files.map(({ path }) => path.replace(/.*sqlite/, ''))).toEqual(['', '-wal', '-shm']);
  });

  testWhere(name === 'sqlite')('of a large file are estimated, without reading it', async () => {
    await fillOverflow();
    await run(`insert into logger (message, company_id, job_id) select
      printf('%.*c', 20 + abs(random() % 400), 'x'), 1, 1 + abs(random() % 2000)
      from (with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000) select i from n)`);
    const statements: string[] = [];
    const watched = await openEngine(database.settings, 'inspect', ({ sql: text }: StatementEvent) =>
      statements.push(text),
    );
    const [about, exact] = [await measure(watched, { exact: false }), await measure(engine, { exact: true })];
    await watched.close();
    expect(statements.slice(0, -1).join()).toMatch(/octet_length/);
    expect(about.tables.every(({ bytesExact, freeBytes }) => !bytesExact && freeBytes === null)).toBe(true);
    expect(about.notes).toHaveLength(1);
    expect([about.totalBytes, about.freeBytes]).toEqual([exact.totalBytes, exact.freeBytes]);
    for (const known of exact.tables.filter(({ totalBytes }) => totalBytes > 500_000)) {
      const guess = about.tables.find((table) => table.name === known.name);
      for (const figure of ['rows', 'totalBytes', 'dataBytes', 'indexBytes'] as const) {
        if (known[figure] < 200_000 && figure !== 'rows') continue;
        expect([known.name, figure, (guess?.[figure] ?? 0) / known[figure] > 0.75]).toEqual([
          known.name,
          figure,
          true,
        ]);
        expect([known.name, figure, (guess?.[figure] ?? 0) / known[figure] < 1.3]).toEqual([
          known.name,
          figure,
          true,
        ]);
      }
    }
    const unread = statements.filter((text) => /dbstat|count\(/.test(text));
    expect(unread).toEqual([]);
  });

  testWhere(name === 'sqlite')(
    'are unknown of a table whose ids lie far apart, rather than wrong',
    async () => {
      await fillOverflow();
      await engine.bulkLoad({
        table: 'artifacts',
        columns: ['job_id', 'filename', 'content'],
        rows: Array.from({ length: 40 }, () => [1n, 'long', randomBytes(300_000)]),
      });
      await run("insert into logger (id, message) values (4000000000000, 'far away')");
      const size = await engine.sizes('cheap');
      expect(size.unmeasured).toEqual([{ name: 'logger', why: 'costly' }]);
      expect(size.tables.map((table) => table.name)).not.toContain('logger');
    },
  );

  testWhere(name === 'postgresql')('do not wait behind an ALTER that waits for a reader', async () => {
    const [reader, changer] = [await database.open(), await database.open()];
    let altering: Promise<unknown> = Promise.resolve();
    await reader
      .kysely()
      .transaction()
      .execute(async (transaction) => {
        await sql`select count(*) from job`.execute(transaction);
        altering = changer
          .kysely()
          .connection()
          .execute(async (session) => {
            await sql`set lock_timeout = 0`.execute(session);
            await sql`alter table job add column extra integer`.execute(session);
          });
        await untilBlocked(database);
        await toldAtOnce(['job']);
        await sampledAtOnce(['job']);
      });
    await altering;
    await toldAtOnce([]);
    await reader.close();
    await changer.close();
  });

  testWhere(name === 'postgresql')('do not wait for a table whose index is held', async () => {
    const holder = await database.open();
    await holder
      .kysely()
      .transaction()
      .execute(async (transaction) => {
        await sql`alter index ix_job_app_id rename to another`.execute(transaction);
        await sql`drop index another`.execute(transaction);
        await toldAtOnce(['job']);
      });
    await holder.close();
  });

  testWhere(isInnodb)('do not wait behind an ALTER that waits, nor for who holds a table', async () => {
    const [reader, changer] = [await database.open(), await database.open()];
    await run('create table aaa (id integer)');
    await run('create table bbb (id integer)');
    const change = (statement: string) =>
      changer
        .kysely()
        .connection()
        .execute(async (session) => {
          await sql`set session lock_wait_timeout = 30`.execute(session);
          await sql.raw(statement).execute(session);
        });
    for (const [statement, busy] of [
      // The server lets us pass by who only waits.
      ['alter table bbb add column extra integer', []],
      // It has the first table already when it waits for the second; MySQL tells of it without opening it.
      ['drop table aaa, bbb', name === 'mysql' ? [] : ['aaa']],
    ] as const) {
      let changing: Promise<unknown> = Promise.resolve();
      await reader
        .kysely()
        .transaction()
        .execute(async (transaction) => {
          await sql`select count(*) from bbb`.execute(transaction);
          changing = change(statement);
          await untilBlocked(database);
          await toldAtOnce(busy);
          await sampledAtOnce(busy);
        });
      await changing;
      await run('delete from size_sample');
    }
    await toldAtOnce([]);
    await reader.close();
    await changer.close();
  });

  testWhere(name === 'sqlite')(
    'of a file that another process holds exclusively are those of its files',
    async () => {
      await run('pragma journal_mode = delete');
      const holder = await holdExclusively((database.settings as { file: string }).file);
      try {
        const began = performance.now();
        const size = await engine.sizes('cheap');
        expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
        expect([size.tables, size.freeBytes, size.notes.length]).toEqual([[], null, 1]);
        expect(size.totalBytes).toBeGreaterThan(100_000);
      } finally {
        holder.kill();
        await once(holder, 'close');
      }
      // The session waits as long as before.
      expect(await lookUp('pragma busy_timeout')).toEqual([{ timeout: 5_000n }]);
    },
  );

  testWhere(name !== 'sqlite')('are told to an account that may do nothing but SELECT', async () => {
    const whole = await engine.sizes();
    const check = async (account: Engine) => {
      const seen = await account.sizes();
      expect(seen.unmeasured).toEqual([]);
      const figures = ({ tables }: typeof seen) => tables.map((t) => [t.name, t.totalBytes]).sort();
      expect(figures(seen)).toEqual(figures(whole));
    };
    if (isInnodb) return asAccount(name, database.settings, 'select', check);
    const settings = database.settings as ServerSettings;
    const user = `r_${settings.database}`;
    await administer('postgresql', `create role ${user} login password '${user}'`);
    await runIn(
      serverOf('postgresql'),
      settings.database,
      `grant select on all tables in schema public to ${user}`,
    );
    const account = await openEngine({ ...settings, username: user, password: user }, 'inspect');
    await check(account);
    await account.close();
    await runIn(serverOf('postgresql'), settings.database, `drop owned by ${user}`);
    await administer('postgresql', `drop role ${user}`);
  });

  /** @param busy null where the server tells of all of them all the same, or not of that one */
  async function toldAtOnce(busy: readonly string[] | null): Promise<void> {
    const began = performance.now();
    const size = await engine.sizes('cheap');
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
    if (busy !== null) expect(size.unmeasured).toEqual(busy.map((table) => ({ name: table, why: 'busy' })));
    const told = size.tables.map((table) => table.name);
    expect(told).toEqual(expect.arrayContaining(['company', 'logger', 'artifacts']));
    for (const table of busy ?? []) expect(told).not.toContain(table);
  }

  async function sampledAtOnce(busy: readonly string[] | null): Promise<void> {
    const began = performance.now();
    const plan = await sizeSamples.plan(dutyContext(engine));
    const result = await plan.run();
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS * 3);
    if (busy !== null) for (const table of busy) expect(plan.note).toContain(table);
    expect(result.stopped).toBeNull();
    const rows = await lookUp<{ table_name: string }>('select table_name from size_sample');
    for (const table of busy ?? []) expect(rows.map((row) => row.table_name)).not.toContain(table);
    expect(rows.map((row) => row.table_name)).toContain('company');
  }
});

async function holdExclusively(file: string) {
  const module = fileURLToPath(import.meta.resolve('better-sqlite3'));
  const child = startForTest(process.execPath, [
    '--input-type=module',
    '-e',
    `import Sqlite from ${JSON.stringify(module)};
       const database = new Sqlite(${JSON.stringify(file)});
       database.exec('begin exclusive');
       process.stdout.write('held');
       setInterval(() => {}, 60000);`,
  ]);
  await once(child.stdout, 'data');
  return child;
}
