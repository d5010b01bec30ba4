/** What the screen says of what is around the database, and of what an account may not see: with the grant that shows it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandLine } from '../../src/cli/next-words.ts';
import { type Engine, openEngine, type ServerSettings, utc } from '../../src/engines/index.ts';
import { type Finding, overview, type Surroundings } from '../../src/overview/index.ts';
import { DUTIES } from '../../src/tasks/index.ts';
import { dutyContext } from '../harness/duty.ts';
import { administer, describeEngines, migratedDatabase, serverOf, testWhere } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { DEFAULT_SETTINGS } from '../harness/housekeeper-settings.ts';
import { asAccount } from '../harness/role.ts';
import { runIn } from '../servers/index.ts';

const DAY_MS = 86_400_000;
const JOBS = 2_000;

async function look(engine: Engine, change: Partial<Surroundings> = {}): Promise<readonly Finding[]> {
  const surroundings: Surroundings = {
    ...{ housekeeper: DEFAULT_SETTINGS, exportMaxAgeDays: 7, now: Date.now() },
    ...{ archives: undefined, settingsFile: undefined, ...change },
  };
  return (await overview({ engine, program: 'test' }, surroundings)).findings;
}

describeEngines('the overview', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  const folder = mkdtempSync(join(tmpdir(), 'multiflexi-overview-'));
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true });
  });
  const one = async (id: string, change: Partial<Surroundings> = {}) =>
    (await look(engine, change)).find((found) => found.id === id);

  testWhere(name !== 'sqlite')(
    'names the grant that shows what an account may not see, and shows it once that is given',
    async () => {
      const all = (await look(engine)).filter(({ level }) => level !== 'unknown').map(({ id }) => id);
      await withReader(async (reader, logInAgain) => {
        const hidden = (await look(reader)).filter(({ level }) => level === 'unknown');
        expect(hidden.map(({ id }) => id)).toEqual(expect.arrayContaining(['transactions', 'lock-waits']));
        for (const { id, sentence, next } of hidden) {
          // That says it in its sentence.
          if (id === 'statistics.unknown') {
            expect(sentence).toMatch(/with the privilege PROCESS|belongs to another account/);
            continue;
          }
          const grant = /^(GRANT .*) would show it\.$/.exec(next === null ? '' : commandLine(next))?.[1];
          expect(grant).toMatch(/ TO \S*r_/);
          await administer(name as 'mysql', grant ?? '');
        }
        const seen = await look(await logInAgain());
        const unseen = seen.filter(({ level }) => level === 'unknown').map(({ id }) => id);
        expect(unseen).toEqual(name === 'postgresql' ? ['statistics.unknown'] : []);
        const others = all.filter((id) => id !== 'statistics');
        expect(seen.map(({ id }) => id)).toEqual(expect.arrayContaining(others));
      });
    },
  );

  /** Somebody who may read our tables, and nothing else. */
  function withReader(work: (reader: Engine, logInAgain: () => Promise<Engine>) => Promise<void>) {
    if (name === 'mysql' || name === 'mariadb') return asAccount(name, database.settings, 'select', work);
    return withPostgresqlReader(database.settings as ServerSettings, work);
  }

  // What servers say of themselves is tried with each of them in conformance/upkeep.test.ts; an hour and eighty connections cannot be had here.
  testWhere(name === 'sqlite').each([
    [79, 3_599, 59, ['ok', 'ok', 'ok']],
    [80, 3_600, 60, ['warn', 'warn', 'warn']],
    [95, 86_401, 3_601, ['fail', 'fail', 'fail']],
  ] as const)(
    'judges %i of 100 connections, %i s in a transaction and %i s of waiting',
    async (used, open, waited, levels) => {
      const whose = 'session 1 (user report at this host)';
      const activity = async () => ({
        connections: { visible: true as const, seen: { used, limit: 100 } },
        oldest: { visible: true as const, seen: { whose, seconds: open } },
        longestWait: { visible: true as const, seen: { whose, holder: null, seconds: waited } },
      });
      const found = await look({ ...engine, activity });
      const judged = ['connections', 'transactions', 'lock-waits'].map((id) =>
        found.find((each) => each.id === id),
      );
      expect(judged.map((each) => each?.level)).toEqual(levels);
      expect(judged.map((each) => each?.next === null)).toEqual(levels.map((level) => level === 'ok'));
    },
  );

  // InnoDB makes its own, and so does an autovacuum in time.
  testWhere(name === 'sqlite')(
    'tells of planner statistics that are out of date until the housekeeper has made them',
    async () => {
      await makeCompany(engine);
      const jobs = Array.from({ length: JOBS }, (_, n) => ({
        ...{ id: BigInt(n + 1), status: 'ok' as const, minute: n, artifacts: 1, logs: 0 },
      }));
      await makeHistory(engine, jobs, []);
      expect(await one('statistics')).toMatchObject({
        level: 'warn',
        sentence: expect.stringMatching(/out of date: .*job/),
      });
      const statistics = DUTIES.find((duty) => duty.name === 'statistics');
      await (await statistics?.plan(dutyContext(engine)))?.run();
      expect(await one('statistics')).toMatchObject({ level: 'ok' });
    },
  );

  test('warns of an archive directory that is not there, and says where there is none in it', async () => {
    const archives = join(folder, 'archives');
    expect(await one('archives', { archives })).toMatchObject({
      level: 'warn',
      sentence: expect.stringContaining('does not exist'),
    });
    mkdirSync(archives);
    expect(await one('archives', { archives })).toMatchObject({
      level: 'ok',
      sentence: expect.stringContaining('no archives'),
    });
  });

  testWhere(name === 'sqlite')(
    'tells of Litestream beside the file, and when the disk will be full',
    async () => {
      const { file } = database.settings as { readonly file: string };
      expect(await one('litestream')).toBeUndefined();
      mkdirSync(join(dirname(file), `.${basename(file)}-litestream`));
      expect(await one('litestream')).toMatchObject({ level: 'ok' });
      const free = (await engine.freeDisk()) ?? 0;
      const days = Array.from({ length: 14 }, (_, day) => day);
      const grownBy = (perDay: number) =>
        engine.bulkLoad({
          table: 'size_sample',
          columns: ['taken_at', 'table_name', 'rows_exact', 'total_bytes', 'disk_free'],
          rows: days.map((day) => [
            ...[utc(Date.now() - day * DAY_MS), '', false],
            ...[BigInt(Math.round(free - day * perDay)), BigInt(Math.round(free + day * perDay))],
          ]),
        });
      expect(await one('growth')).toMatchObject({ level: 'ok' });
      // Full in a bit more than ten days, whoever else writes to it meanwhile.
      await grownBy(free / 20);
      expect(await one('growth')).toMatchObject({
        level: expect.stringMatching(/^(?:warn|fail)$/),
        sentence: expect.stringMatching(/its disk may be full by 20\d\d-/),
      });
    },
  );
});

async function withPostgresqlReader(
  settings: ServerSettings,
  work: (reader: Engine, logInAgain: () => Promise<Engine>) => Promise<void>,
): Promise<void> {
  const user = `r_${settings.database}`;
  const here = (statement: string) => runIn(serverOf('postgresql'), settings.database, statement);
  await administer('postgresql', `create role ${user} login password '${user}'`);
  const opened: Engine[] = [];
  const logIn = async () => {
    const reader = await openEngine({ ...settings, username: user, password: user }, 'inspect');
    opened.push(reader);
    return reader;
  };
  try {
    await here(`grant select on all tables in schema public to ${user}`);
    await work(await logIn(), logIn);
  } finally {
    for (const reader of opened) await reader.close();
    await here(`drop owned by ${user}`);
    await administer('postgresql', `drop role ${user}`);
  }
}
