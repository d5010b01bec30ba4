/** A lock keeps everybody else out, says who holds it, and goes with the process that holds it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

const HOLDER = fileURLToPath(new URL('../harness/lock-holder.ts', import.meta.url));

describeEngines('the lock', (name) => {
  let database: TestDatabase;
  let one: Engine;
  let other: Engine;

  beforeAll(async () => {
    database = await freshDatabase(name);
    one = await database.open('create');
    other = await database.open('create');
  });
  afterAll(async () => {
    await one.close();
    await other.close();
    await database.drop();
  });

  const request = { name: 'work', program: 'db:test', waitMs: 0 };

  test('keeps a second one out, who is told the holder, the host and since when', async () => {
    const lock = await one.lock(request);
    await expect(other.lock({ ...request, program: 'db:other' })).rejects.toMatchObject({
      code: 'LOCKED',
      exit: 6,
      message: expect.stringMatching(
        new RegExp(`db:test \\(process ${process.pid}\\) on ${hostname()}, since 20\\d\\d-\\d\\d-\\d\\dT`),
      ),
    });
    await lock.release();
    await (await other.lock(request)).release();
  });

  test('keeps a second one of the same engine out as well', async () => {
    const lock = await one.lock(request);
    await expect(one.lock(request)).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
  });

  test('lets another name and another database pass', async () => {
    const lock = await one.lock(request);
    await (await other.lock({ ...request, name: 'rest' })).release();
    const elsewhere = await freshDatabase(name);
    const engine = await elsewhere.open('create');
    await (await engine.lock(request)).release();
    await engine.close();
    await elsewhere.drop();
    await lock.release();
  });

  test('waits no longer than it was told', async () => {
    const lock = await one.lock(request);
    const started = performance.now();
    // MySQL and MariaDB count in whole seconds in some releases.
    await expect(other.lock({ ...request, waitMs: 1000 })).rejects.toMatchObject({ code: 'LOCKED' });
    const waited = performance.now() - started;
    expect(waited).toBeGreaterThan(900);
    expect(waited).toBeLessThan(5_000);
    await lock.release();
  });

  test('is given to whoever waits when it is released', async () => {
    const lock = await one.lock(request);
    const waiting = other.lock({ ...request, waitMs: 20_000 });
    setTimeout(() => lock.release(), 300);
    await (await waiting).release();
  });

  test('is one of eight at once', async () => {
    const engines = await Promise.all(Array.from({ length: 8 }, () => database.open()));
    const tries = await Promise.allSettled(engines.map((engine) => engine.lock(request)));
    const taken = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(taken).toHaveLength(1);
    await taken[0]?.release();
    await Promise.all(engines.map((engine) => engine.close()));
  });

  test('has a session whose statements go on holding it after the process is gone', async () => {
    const nap = {
      sqlite: undefined,
      mysql: 'do sleep(3)',
      mariadb: 'do sleep(3)',
      postgresql: 'select pg_sleep(3)',
    }[name];
    if (nap === undefined) return; // SQLite runs in the process itself.
    const child = await holdElsewhere(database, nap);
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGKILL');
    await once(child, 'exit');
    // MySQL looks whether its client is still there only now and then; the others only at the end of a statement.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(other.lock(request)).rejects.toMatchObject({ code: 'LOCKED' });
    await (await other.lock({ ...request, waitMs: 20_000 })).release();
  });

  test('has a session that gives up waiting for locks of others after two seconds', async () => {
    const db = one.kysely<unknown>();
    await sql`create table busy_table (id int)`.execute(db);
    const lock = await one.lock(request);
    const started = performance.now();
    if (name !== 'sqlite') {
      await db.transaction().execute(async (transaction) => {
        await sql`select * from busy_table`.execute(transaction);
        await expect(
          sql`alter table busy_table add column more int`.execute(lock.kysely()),
        ).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
      });
      expect(performance.now() - started).toBeLessThan(6_000);
    }
    await sql`alter table busy_table add column more int`.execute(lock.kysely());
    await lock.release();
  });

  test('goes with its process, kill -9 included', async () => {
    const child = await holdElsewhere(database);
    await expect(other.lock(request)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`elsewhere (process ${child.pid})`),
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await other.lock({ ...request, waitMs: 20_000 })).release();
  });
});

async function holdElsewhere(database: TestDatabase, statement = ''): Promise<ChildProcess> {
  const child = spawn(process.execPath, [HOLDER, JSON.stringify(database.settings), statement], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('no stdout');
  await once(child.stdout, 'data');
  return child;
}
