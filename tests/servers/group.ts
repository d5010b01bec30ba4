/** A MySQL server that is the one member of a replication group. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { TestServer } from './contract.ts';
import { installations } from './installations.ts';
import { launch } from './launch.ts';
import { freePort } from './port.ts';
import { runOn } from './statement.ts';

export interface Group {
  readonly member: TestServer;
  stop(): Promise<void>;
}

/** Where one is to be had; undefined elsewhere. */
export async function provideGroup(): Promise<Group | undefined> {
  for await (const installation of installations('mysql')) {
    const password = randomBytes(16).toString('hex');
    const address = `127.0.0.1:${await freePort()}`;
    const options = [
      '--server-id=1',
      '--log-bin=binlog',
      '--gtid-mode=ON',
      '--enforce-gtid-consistency=ON',
      '--plugin-load-add=group_replication.so',
      `--loose-group-replication-group-name=${randomUUID()}`,
      `--loose-group-replication-local-address=${address}`,
      `--loose-group-replication-group-seeds=${address}`,
      '--loose-group-replication-start-on-boot=OFF',
      '--loose-group-replication-single-primary-mode=OFF',
      '--report-host=127.0.0.1',
    ];
    const started = await launch(installation, true, { options, password }).catch(() => undefined);
    if (!started) continue;
    try {
      await runOn(started.server, 'set global group_replication_bootstrap_group = ON');
      await runOn(started.server, 'start group_replication');
      return { member: started.server, stop: () => started.stop() };
    } catch {
      await started.stop(); // The next installation may do.
    }
  }
  return undefined;
}
