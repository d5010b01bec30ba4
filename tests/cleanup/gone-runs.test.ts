/** Runs whose process was killed are not running for ever, and those of living processes are. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Engine, type EngineName, utc } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { beginRun, endRun, kindOfRun, pastRuns } from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';

const KIND = kindOfRun('prune', ['jobs', '90d']);
const DAY = 86_400_000;

/** What another session says to keep the history from being written, and to let it go. */
const KEEP: Readonly<Record<EngineName, readonly [string, string]>> = {
  sqlite: ['begin immediate', 'rollback'],
  mysql: ['lock tables housekeeping_run read', 'unlock tables'],
  mariadb: ['lock tables housekeeping_run read', 'unlock tables'],
  postgresql: ['begin; lock table housekeeping_run in share mode', 'rollback'],
};

describeEngines('a run whose process is gone', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  let killed = 0;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    const victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(victim, 'spawn');
    killed = victim.pid ?? 0;
    victim.kill('SIGKILL');
    await once(victim, 'exit');
  });
  afterAll(async () => {
    sleeper.kill('SIGKILL');
    await database.drop();
  });
  beforeEach(() => engine.kysely<Database>().deleteFrom('housekeeping_run').execute());

  const row = (pid: number, startedAt: number, host = hostname(), kind = KIND) =>
    engine
      .kysely<Database>()
      .insertInto('housekeeping_run')
      .values({ ...kind, started_at: utc(startedAt), host, pid, expected_rows: 10n })
      .execute();
  const outcomes = async () => (await pastRuns(engine, KIND)).map(({ outcome }) => outcome);
  const stored = async () =>
    (
      await engine
        .kysely<Database>()
        .selectFrom('housekeeping_run')
        .selectAll()
        .orderBy('started_at')
        .execute()
    ).map(({ outcome }) => outcome);

  test('is interrupted for whoever reads it, and in the table once the next one begins', async () => {
    await row(killed, Date.now() - 5_000);
    // The number is this process's by now, which was not there then.
    await row(process.pid, Date.now() - DAY);
    await row(sleeper.pid ?? 0, Date.now() - DAY);
    await row(1, Date.now() - 10 * DAY, 'another-host');
    expect(await outcomes()).toEqual(Array.from({ length: 4 }, () => 'interrupted'));
    expect(await stored()).toEqual(Array.from({ length: 4 }, () => 'running'));
    const id = await beginRun(engine, KIND, 1);
    expect(await stored()).toEqual([...Array.from({ length: 4 }, () => 'interrupted'), 'running']);
    await endRun(engine, id, 'done', 1);
    expect(await outcomes()).toEqual([...Array.from({ length: 4 }, () => 'interrupted'), 'done']);
  });

  test('is told from one that is running, here or elsewhere, and from those of another duty', async () => {
    await row(sleeper.pid ?? 0, Date.now());
    await row(1, Date.now() - DAY, 'another-host');
    await row(killed, Date.now(), hostname(), kindOfRun('retention', ['jobs']));
    expect(await outcomes()).toEqual(['running', 'running']);
    await beginRun(engine, KIND, 1);
    expect(await stored()).toEqual(['running', 'running', 'running', 'running']);
  });

  test('does not keep the next one waiting when somebody holds the history, nor does a signal wait', async () => {
    const holder = await database.open();
    await holder
      .kysely()
      .connection()
      .execute(async (session) => {
        for (const statement of KEEP[name][0].split('; ')) await sql.raw(statement).execute(session);
        const interruption = new AbortController();
        const beginning = beginRun(engine, KIND, 1, { signal: interruption.signal });
        const begun = expect(beginning).rejects.toThrow('by hand');
        interruption.abort(new Error('by hand'));
        await begun;
        await expect(beginRun(engine, KIND, 1, { patienceMs: 1 })).rejects.toMatchObject({
          code: 'LOCK_TIMEOUT',
        });
        await sql.raw(KEEP[name][1]).execute(session);
      });
    await holder.close();
    expect(await stored()).toEqual([]);
  });
});
