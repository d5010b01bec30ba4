/** A server of one's own with a replica that follows it, both of this machine. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerEngine, TestServer } from './contract.ts';
import { installations } from './installations.ts';
import { type Launched, launch } from './launch.ts';
import { runOn } from './statement.ts';

export interface Replicated {
  readonly main: TestServer;
  readonly replica: Launched;
  stop(): Promise<void>;
}

/** Where one is to be had; undefined elsewhere. */
export async function provideReplicated(engine: ServerEngine): Promise<Replicated | undefined> {
  for await (const installation of installations(engine)) {
    const password = randomBytes(16).toString('hex');
    const startMain = launch(installation, true, { options: optionsOf(engine, 1), password });
    // Only PostgreSQL's begins as a copy; the others start while the main server does.
    const follows = engine === 'postgresql' ? { follows: (await startMain).server } : {};
    const startReplica = launch(installation, true, { options: optionsOf(engine, 2), password, ...follows });
    const [main, replica] = await Promise.all([startMain, startReplica]);
    try {
      await follow(main.server, replica.server);
      return {
        main: main.server,
        replica,
        stop: async () => {
          await Promise.all([replica.stop(), main.stop()]);
        },
      };
    } catch (error) {
      await replica.stop();
      await main.stop();
      throw error;
    }
  }
  return undefined;
}

function optionsOf(engine: ServerEngine, id: number): string[] {
  if (engine === 'postgresql') return [];
  // Written to the system with each commit: a replica that is killed is to know what it has applied.
  const log = ['--log-bin=binlog', '--binlog-format=ROW', '--innodb-flush-log-at-trx-commit=2'];
  return [`--server-id=${id}`, ...log];
}

/** From here on; what either has by now are its own accounts, which are the same. */
async function follow(main: TestServer, replica: TestServer): Promise<void> {
  const { host, port, user, password } = main;
  if (main.engine === 'mysql') {
    const [end] = await runOn(main, 'show binary log status');
    await runOn(
      replica,
      `change replication source to source_host = '${host}', source_port = ${port}, source_user = '${user}',
         source_password = '${password}', get_source_public_key = 1, source_connect_retry = 1,
         source_log_file = '${end?.File}', source_log_pos = ${end?.Position}`,
    );
    await runOn(replica, 'start replica');
  } else if (main.engine === 'mariadb') {
    const [end] = await runOn(main, 'show master status');
    await runOn(
      replica,
      `change master to master_host = '${host}', master_port = ${port}, master_user = '${user}',
         master_password = '${password}', master_connect_retry = 1,
         master_log_file = '${end?.File}', master_log_pos = ${end?.Position}`,
    );
    await runOn(replica, 'start slave');
  } else await connected(main);
}

/** PostgreSQL's standby takes logins before it is connected. */
async function connected(main: TestServer): Promise<void> {
  for (let tries = 100; ; tries--) {
    const rows = await runOn(main, "select 1 from pg_stat_replication where state = 'streaming'");
    if (rows.length > 0) return;
    if (tries === 0) throw new Error('the standby does not follow');
    await sleep(100);
  }
}
