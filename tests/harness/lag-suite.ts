/** Replicas that cannot follow hold a purge back: real ones, stopped, delayed, frozen, gone. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { applyPurge, type PurgeResult, planPurge } from '../../src/cleanup/index.ts';
import type { ReplicaWatch } from '../../src/engines/index.ts';
import { type Pressure, replicaLag, Throttle } from '../../src/pacing/index.ts';
import { FINISHED } from '../../src/schema/index.ts';
import { provideReplicated, type Replicated, runOn, type ServerEngine } from '../servers/index.ts';
import { cli, finished, startCli } from './cli.ts';
import { isAvailable, migratedDatabase } from './engines.ts';
import { makeCompany, makeHistory } from './history.ts';
import { everyFinishedJob } from './rule-books.ts';

const JOBS = 1_500;
const LIMIT_MS = 1_000;
const NO_LIMITS = { signals: [new AbortController().signal], isOver: () => false };

/** What holds a replica up, on the replica itself. */
const ON_REPLICA = {
  mysql: {
    stop: ['stop replica sql_thread'],
    start: ['start replica'],
    delay: (s: number) => [
      'stop replica',
      `change replication source to source_delay = ${s}`,
      'start replica',
    ],
  },
  mariadb: {
    stop: ['stop slave sql_thread'],
    start: ['start slave'],
    delay: (s: number) => ['stop slave', `change master to master_delay = ${s}`, 'start slave'],
  },
  postgresql: {
    stop: ['select pg_wal_replay_pause()'],
    start: ['select pg_wal_replay_resume()'],
    delay: (s: number) => [`alter system set recovery_min_apply_delay = '${s}s'`, 'select pg_reload_conf()'],
  },
} as const;

/** In milliseconds. */
function waitedForReplicas({ waits }: PurgeResult): number {
  return waits.find(({ reason }) => reason === 'replica')?.milliseconds ?? 0;
}

export function lagSuite(name: ServerEngine): void {
  describe.skipIf(!isAvailable(name))(`a purge beside a replica of ${name}`, () => {
    let servers: Replicated;
    let database: Awaited<ReturnType<typeof migratedDatabase>>;
    let replicas: { host: string; port: number }[];
    let words: string[];
    const isPostgresql = name === 'postgresql';

    beforeAll(async () => {
      const provided = await provideReplicated(name);
      if (!provided) throw new Error(`no ${name} servers of its own`);
      servers = provided;
      const { host, port } = servers.replica.server;
      replicas = isPostgresql ? [] : [{ host, port }];
      words = isPostgresql ? [] : ['--replica', `${host}:${port}`];
      database = await migratedDatabase(servers.main);
      await makeCompany(database.engine);
    });
    afterAll(async () => {
      await database.engine.close();
      await servers.stop();
    });

    // Whatever has come of a test, the next one begins with a replica that follows.
    afterEach(() => onReplica(ON_REPLICA[name].start).catch(() => {}));

    const onReplica = async (statements: readonly string[]) => {
      for (const statement of statements) await runOn(servers.replica.server, statement);
    };
    const watching = (warnings: string[] = []) =>
      database.engine.watchReplicas({ replicas, onWarning: (sentence) => warnings.push(sentence) });
    const fill = () =>
      makeHistory(
        database.engine,
        Array.from({ length: JOBS }, (_, n) => ({
          id: BigInt(n + 1),
          status: FINISHED[n % 3] ?? 'ok',
          minute: n,
          artifacts: 0,
          logs: 1,
        })),
        [],
      );
    const jobs = async () => {
      const { rows } = await sql<{ n: bigint }>`select count(*) as n from job`.execute(
        database.engine.kysely<unknown>(),
      );
      return Number(rows[0]?.n);
    };
    const purge = async (
      watch: ReplicaWatch,
      told: Pressure[],
      options: { signal?: AbortSignal; timeBudgetMs?: number } = {},
    ) => {
      const plan = await planPurge(database.engine, everyFinishedJob());
      const throttle = new Throttle([replicaLag(watch, LIMIT_MS)], (lag) => told.push(lag));
      return applyPurge(database.engine, plan, { program: 'test', waitMs: 0, throttle, ...options });
    };
    const until = async (what: string, happens: () => boolean | Promise<boolean>) => {
      for (let tries = 300; !(await happens()); tries--) {
        if (tries === 0) throw new Error(`it does not happen that ${what}`);
        await sleep(50);
      }
    };
    const untilFollowed = (watch: ReplicaWatch) =>
      until('the replica catches up', async () => (await watch.lag()).seconds === 0);

    test('deletes nothing while the replica is stopped, says so, and finishes when it goes on', async () => {
      await onReplica(ON_REPLICA[name].stop);
      await fill();
      const words_ = ['prune', '--jobs', '--keep', '0', '--yes', '-f', 'json', '--max-lag', '1s', ...words];
      const child = startCli(words_, database.environment);
      const running = finished(child);
      await new Promise<void>((resolve) => {
        child.stderr.on('data', (text: Buffer) => {
          if (text.includes('Waiting:')) resolve();
        });
      });
      expect(await jobs()).toBe(JOBS);
      await onReplica(ON_REPLICA[name].start);
      const { exit, stdout, stderr } = await running;
      expect([exit, stderr]).toEqual([0, expect.stringMatching(/Waiting: (replica|standby) .*127\.0\.0\.1/)]);
      expect(JSON.parse(stdout).waited_for_replicas_milliseconds).toBeGreaterThan(1_000);
      expect(await jobs()).toBe(0);
    });

    test('ends with its time budget, or when it is interrupted, while it waits', async () => {
      await onReplica(ON_REPLICA[name].stop);
      await fill();
      const watch = await watching();
      const began = performance.now();
      const budget = await purge(watch, [], { timeBudgetMs: 700 });
      const interrupted = await purge(watch, [], { signal: AbortSignal.timeout(300) });
      // The replica would hold it up for as long as it is stopped.
      expect(performance.now() - began).toBeLessThan(20_000);
      expect([budget.stopped, interrupted.stopped, await jobs()]).toEqual([
        'time budget',
        'interrupted',
        JOBS,
      ]);
      expect(waitedForReplicas(budget)).toBeGreaterThan(500);
      await onReplica(ON_REPLICA[name].start);
      await untilFollowed(watch);
      await watch.close();
    });

    test('waits for a replica that is late by design, as often as it must, and deletes all', async () => {
      const watch = await watching();
      await fill();
      await untilFollowed(watch);
      await onReplica(ON_REPLICA[name].delay(3));
      await sql`update job set status = 'failed' where id = 1`.execute(database.engine.kysely<unknown>());
      // Not known is not late: it is stopped for a moment while it is told to be late.
      await until('the replica is late', async () => ((await watch.lag()).seconds ?? 0) * 1_000 > LIMIT_MS);
      const told: Pressure[] = [];
      const result = await purge(watch, told);
      expect([result.stopped, await jobs()]).toEqual([null, 0]);
      expect(waitedForReplicas(result)).toBeGreaterThan(100);
      await onReplica(ON_REPLICA[name].delay(0));
      await untilFollowed(watch);
      await watch.close();
    });

    test('notices a replica that is frozen, whatever it said last', async () => {
      const watch = await watching();
      await untilFollowed(watch);
      const [receiver] = isPostgresql
        ? await runOn(servers.replica.server, 'select pid from pg_stat_wal_receiver')
        : [{ pid: servers.replica.server.pid }];
      const pid = Number(receiver?.pid);
      const told: Pressure[] = [];
      const throttle = new Throttle([replicaLag(watch, LIMIT_MS)], (lag) => told.push(lag));
      let written = 0;
      let ended = false;
      const writing = (async () => {
        while (!ended) {
          await throttle.wait(NO_LIMITS);
          await sql`insert into token (token, until) values (${`t${++written}`}, '2026-01-01')`
            .execute(database.engine.kysely<unknown>())
            .catch(() => {});
          await sleep(20);
        }
      })();
      try {
        await until('it writes', () => written > 5);
        process.kill(pid, 'SIGSTOP');
        await until('it says for whom it waits', () => told.length > 0);
        const then = written;
        // Not a single one while it asks again: as long as a dozen of its writes take else.
        await sleep(700);
        expect(written).toBe(then);
        process.kill(pid, 'SIGCONT');
        await until('it writes again', () => written > then);
      } finally {
        process.kill(pid, 'SIGCONT');
        ended = true;
        await writing;
        await watch.close();
      }
    });

    test('waits for a replica that is gone, and goes on when it is back', async () => {
      const watch = await watching();
      await fill();
      await untilFollowed(watch);
      await servers.replica.crash();
      const told: Pressure[] = [];
      const running = purge(watch, told);
      await until('it says for whom it waits', () => told.length > 0);
      expect(await jobs()).toBe(JOBS);
      await servers.replica.startAgain();
      const { stopped } = await running;
      expect([stopped, await jobs(), told[0]?.seconds]).toEqual([null, 0, null]);
      expect(told[0]?.why).toMatch(/does not answer|no longer connected/);
      await watch.close();
    });

    test('does not begin with an account that may not read the lag, and says which GRANT lets it', async () => {
      const user = `u_${randomBytes(5).toString('hex')}`;
      const base = database.environment.DB_DATABASE ?? '';
      const account = { ...database.environment, DB_USERNAME: user, DB_PASSWORD: 'secret word' };
      if (isPostgresql) {
        await runOn(servers.main, `create role ${user} login password 'secret word'`);
        await sql
          .raw(`grant select, delete, update, insert on all tables in schema public to ${user}`)
          .execute(database.engine.kysely<unknown>());
      } else {
        await runOn(servers.main, `create user '${user}'@'%' identified by 'secret word'`);
        await runOn(servers.main, `grant select, delete, update, insert on ${base}.* to '${user}'@'%'`);
      }
      await fill();
      const run = () =>
        cli(['prune', '--jobs', '--keep', '0', '--yes', '--max-lag', '30s', ...words], account);
      const refused = await run();
      expect([refused.exit, refused.stderr]).toEqual([1, expect.stringMatching(/may not read .*\n.*GRANT/)]);
      expect(await jobs()).toBe(JOBS);
      // What it also cannot see, it has said in lines with grants of their own.
      const grant = /^Next: .*(GRANT [^;\n]*)/m.exec(refused.stderr)?.[1] ?? '';
      await runOn(servers.main, grant);
      const watch = await watching();
      await untilFollowed(watch);
      await watch.close();
      const { exit, stderr } = await run();
      expect([exit, await jobs(), exit === 0 ? '' : stderr]).toEqual([0, 0, '']);
    });

    if (isPostgresql) {
      test('says that the server keeps its log for a slot that nobody reads', async () => {
        await runOn(servers.main, "select pg_create_physical_replication_slot('abandoned', true)");
        const warnings: string[] = [];
        const watch = await watching(warnings);
        expect(warnings).toEqual([expect.stringMatching(/^Nobody reads replication slot abandoned: .* MiB/)]);
        await watch.close();
        await runOn(servers.main, "select pg_drop_replication_slot('abandoned')");
      });

      test('refuses replicas that are named: the server knows its own', async () => {
        const named = { replicas: [{ host: 'db2' }], onWarning: () => {} };
        await expect(database.engine.watchReplicas(named)).rejects.toMatchObject({ code: 'USAGE' });
      });
    } else {
      test('wants its replicas named, and names those that are connected', async () => {
        const run = (...more: string[]) =>
          cli(['prune', '--jobs', '--keep', '0', '--max-lag', '5s', ...more], database.environment);
        const { exit, stderr } = await run();
        expect([exit, stderr]).toEqual([
          64,
          expect.stringMatching(/Connected to it as replicas are: .*\n.*--replica/),
        ]);
        const self = await run('--replica', `127.0.0.1:${servers.main.port}`);
        expect([self.exit, self.stderr]).toEqual([64, expect.stringMatching(/is not a replica/)]);
        const nobody = await run('--replica', '127.0.0.1:1');
        expect([nobody.exit, nobody.stderr]).toEqual([
          4,
          expect.stringMatching(/Cannot reach the replica at 127.0.0.1:1/),
        ]);
        expect((await run('--replica', '127.0.0.1:1', '--dry-run')).exit).toBe(0);
      });

      test('takes them from DB_REPLICAS as well', async () => {
        const { host, port } = servers.replica.server;
        const environment = { ...database.environment, DB_REPLICAS: `${host}:${port}` };
        const { exit, stderr } = await cli(
          ['prune', '--jobs', '--keep', '0', '--yes', '--max-lag', '5s'],
          environment,
        );
        expect([exit, stderr]).toEqual([0, expect.stringContaining(`behind: replica ${host}:${port}.`)]);
      });
    }
  });
}
