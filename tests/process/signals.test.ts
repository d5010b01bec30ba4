/** Ctrl-C, SIGTERM and a closed terminal end every command within ten seconds, whatever it waits for. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { cli, type Finished, finished, startCli } from '../harness/cli.ts';
import { describeEngines, isAvailable, migratedDatabase, serverOf } from '../harness/engines.ts';
import { type FreezingRelay, freezingRelay } from '../harness/freezing-relay.ts';
import { processFile } from '../harness/processes.ts';

const WITHIN_MS = 10_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Child = ReturnType<typeof startCli>;

interface Ended extends Finished {
  readonly signal: NodeJS.Signals | null;
  readonly milliseconds: number;
}

/** Sends the signal as soon as the condition holds. */
async function interrupt(
  child: Child,
  signal: NodeJS.Signals,
  when: (child: Child) => Promise<unknown>,
): Promise<Ended> {
  const done = finished(child);
  await Promise.race([when(child), done]);
  const sent = performance.now();
  child.kill(signal);
  return { ...(await done), signal: child.signalCode, milliseconds: performance.now() - sent };
}

/** Until the program would hear a signal: the system knows which ones a process handles. */
async function listens({ pid }: Child): Promise<void> {
  for (;;) {
    const [, mask = '0'] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    // Node itself handles SIGINT and SIGTERM from its beginning on, and SIGHUP, the first, never.
    if (BigInt(`0x${mask}`) & 1n) return;
    await sleep(5);
  }
}

function hasOpened(file: string) {
  return async ({ pid }: Child): Promise<void> => {
    const isOpen = (fd: string) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === file;
      } catch {
        return false; // Closed meanwhile.
      }
    };
    while (!readdirSync(`/proc/${pid}/fd`).some(isOpen)) await sleep(5);
  };
}

function expectInterrupted(words: readonly string[], signal: string, ended: Ended): void {
  expect([words, ended]).toEqual([
    words,
    {
      exit: 1,
      signal: null,
      stdout: '',
      stderr: expect.stringContaining(`Error: Interrupted by ${signal}`),
      milliseconds: expect.any(Number),
    },
  ]);
  expect(ended.stderr).toMatch(/^Next: /m);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect([words, ended.milliseconds < WITHIN_MS, ended.milliseconds]).toEqual([
    words,
    true,
    ended.milliseconds,
  ]);
}

describeEngines('a command whose database does not answer any more', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  /** For commands that would be in the way of others: each has one of its own. */
  const others: (typeof database)[] = [];
  const relays: FreezingRelay[] = [];
  beforeAll(async () => {
    database = await migratedDatabase(name);
    const loaded = await cli(
      ['sample:load', '--jobs', '50', '--days', '90', '--until', '2026-01-31'],
      database.environment,
    );
    expect(loaded.exit).toBe(0);
  });
  afterAll(async () => {
    for (const relay of relays) relay.close();
    for (const one of [database, ...others]) await one.drop();
  });

  if (name === 'sqlite') {
    test('as somebody else writes to the file: ends at a signal', async () => {
      const other = await database.open();
      await other
        .kysely()
        .connection()
        .execute(async (session) => {
          await sql`begin immediate`.execute(session);
          const commands = [
            ['sample:load', '--jobs', '10', '--force'],
            ['db:rollback', '--yes', '--no-backup'],
            ['db:reclaim'],
            ['retention:hold', '--job', '1', '--reason', 'x'],
            ['retention:set', 'job', '--older-than', '90d'],
            ['db:breakpoint'],
          ];
          await Promise.all(
            commands.map(async (words, place) => {
              const signal = SIGNALS[place % 3] ?? 'SIGTERM';
              const child = startCli(words, database.environment);
              const ended = await interrupt(child, signal, hasOpened(database.environment.DB_DATABASE ?? ''));
              expect([words, ended.exit]).toEqual([words, expect.toBeOneOf([0, 1])]);
              expect([words, ended.milliseconds < WITHIN_MS, ended.milliseconds]).toEqual([
                words,
                true,
                ended.milliseconds,
              ]);
              expect(ended.stderr).not.toMatch(/^\s+at /m);
            }),
          );
          await sql`rollback`.execute(session);
        });
      await other.close();
    });
    return;
  }

  const frozenAt = async (statement: RegExp, on = database) => {
    const relay = await freezingRelay(serverOf(name), statement);
    relays.push(relay);
    return { relay, environment: { ...on.environment, DB_PORT: String(relay.port) } };
  };

  test('ends at a signal: at once where it reads, else after a grace', async () => {
    const commands: readonly (readonly [words: readonly string[], at: RegExp, reads: boolean])[] = [
      [['db:status'], /multiflexi_migration/, true],
      [['db:size', '--exact'], /count\(\*\)/i, true],
      [['db:verify'], /information_schema|pg_attribute/i, true],
      [['retention:list'], /retention_policy/, true],
      [['prune', '--jobs', '--keep', '1', '--dry-run'], /count\(/i, true],
      [['prune', '--jobs', '--keep', '1', '--yes'], /delete from .job./i, false],
      // The newest migrations have nothing to take back on servers.
      [['db:rollback', '-t', '20261123120000', '--yes', '--no-backup'], /drop table/i, false],
      [['sample:load', '--jobs', '10', '--force'], /insert into|copy /i, false],
      [['db:reclaim'], name === 'postgresql' ? /vacuum/i : /get_lock/i, false],
      [['retention:hold', '--job', '1', '--reason', 'x'], /insert into .retention_hold/i, false],
      [['db:breakpoint'], /get_lock|advisory_lock/i, false],
    ];
    const ownDatabases = await Promise.all([migratedDatabase(name), migratedDatabase(name)]);
    others.push(...ownDatabases);
    const history = () =>
      database.engine.kysely<Database>().selectFrom('housekeeping_run').selectAll().orderBy('id').execute();
    await Promise.all(
      commands.map(async ([words, at, reads], place) => {
        const signal = SIGNALS[place % 3] ?? 'SIGTERM';
        const apart = words[0] === 'db:rollback' || words[0] === 'db:reclaim';
        const { relay, environment } = await frozenAt(at, apart ? ownDatabases.pop() : database);
        const ended = await interrupt(startCli(words, environment), signal, () => relay.frozen);
        expectInterrupted(words, signal, ended);
        if (reads) expect([words, ended.milliseconds < 5_000]).toEqual([words, true]);
      }),
    );
    // The run could not say how it ended; the next one finds it out.
    expect(await history()).toMatchObject([{ outcome: 'running' }]);
    expect((await cli(['prune', '--jobs', '--older-than', '3650d'], database.environment)).exit).toBe(0);
    expect(await history()).toMatchObject([{ outcome: 'interrupted' }, { outcome: 'done' }]);
  });

  test('ends at once at a second signal', async () => {
    const { relay, environment } = await frozenAt(/insert into .retention_hold/i);
    const child = startCli(['retention:hold', '--job', '1', '--reason', 'x'], environment);
    const done = finished(child);
    await relay.frozen;
    child.kill('SIGTERM');
    const [said] = await once(child.stderr, 'data');
    expect(String(said)).toContain(
      'SIGTERM: finishing the current step; interrupt again to stop immediately.',
    );
    const sent = performance.now();
    child.kill('SIGHUP');
    await done;
    expect(child.signalCode).toBe('SIGHUP');
    expect(performance.now() - sent).toBeLessThan(3_000);
  });

  test('in JSON says that in one document', async () => {
    const { relay, environment } = await frozenAt(/multiflexi_migration/);
    const ended = await interrupt(
      startCli(['db:status', '-f', 'json'], environment),
      'SIGHUP',
      () => relay.frozen,
    );
    expect(JSON.parse(ended.stdout)).toEqual({
      error: { code: 'INTERRUPTED', message: 'Interrupted by SIGHUP.', next: expect.any(String) },
    });
  });

  test('that nobody greets, or is not there yet, ends at a signal', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const port = String((mute.address() as AddressInfo).port);
    const environment = { ...database.environment, DB_PORT: port };
    const silent = startCli(['db:migrate'], environment);
    expectInterrupted(
      ['mute'],
      'SIGTERM',
      await interrupt(silent, 'SIGTERM', () => once(mute, 'connection')),
    );
    mute.close();
    const absent = startCli(['db:status', '--wait-for-database', '600'], environment);
    expectInterrupted(['absent'], 'SIGINT', await interrupt(absent, 'SIGINT', listens));
  });
});

describeEngines('a command that waits for another run', (name) => {
  test('ends at a signal', async () => {
    const database = await migratedDatabase(name);
    const lock = await database.engine.lock({ name: 'prune', program: 'test', waitMs: 0 });
    try {
      for (const signal of SIGNALS) {
        const child = startCli(['db:reclaim', '--wait', '600'], database.environment);
        expectInterrupted(['db:reclaim'], signal, await interrupt(child, signal, listens));
      }
    } finally {
      await lock.release();
      await database.drop();
    }
  });
});

describe.runIf(isAvailable('sqlite'))('an SQLite file', () => {
  test('hears a signal between the statements of long reading', async () => {
    const database = await migratedDatabase('sqlite');
    const heard = AbortSignal.timeout(200);
    const started = performance.now();
    // As in a plan for many companies: nothing but statements that block.
    while (!heard.aborted && performance.now() - started < 5_000)
      await database.engine.kysely<Database>().selectFrom('job').select('id').execute();
    expect(heard.aborted).toBe(true);
    await database.drop();
  });
});

describe.runIf(isAvailable('sqlite'))('a process that is blocked by a statement', () => {
  const blocked = (how: string, milliseconds: number, file = '') =>
    spawn(process.execPath, [processFile('interrupted'), how, String(milliseconds), file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const atWork = (child: Child) => once(child.stdout, 'data');

  test('is ended by the system where it only reads', async () => {
    for (const signal of SIGNALS) {
      const ended = await interrupt(blocked('reading', 60_000), signal, atWork);
      expect([ended.exit, ended.signal]).toEqual([null, signal]);
    }
  });

  test.concurrent('does not begin to wait only when it hears the signal', async () => {
    const ended = await interrupt(blocked('changing', 5_000), 'SIGTERM', atWork);
    expect([ended.exit, ended.signal]).toEqual([1, null]);
    expect(ended.milliseconds).toBeLessThan(WITHIN_MS);
  });

  test.concurrent('ends though an exit would wait for a disk that does not answer', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-mute-disk-'));
    const pipe = join(directory, 'pipe');
    // Whoever opens it for reading waits until somebody writes to it, which nobody does.
    execFileSync('mkfifo', [pipe]);
    const ended = await interrupt(blocked('changing', 0, pipe), 'SIGHUP', atWork);
    expect([ended.exit, ended.signal]).toEqual([null, 'SIGTERM']);
    expect(ended.milliseconds).toBeLessThan(WITHIN_MS);
    rmSync(directory, { recursive: true });
  });
});
