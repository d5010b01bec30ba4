/** A Galera cluster of two MariaDB servers, both of this machine. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPackages } from './apt.ts';
import { cacheFolder, fillAtomically } from './cache.ts';
import { run } from './command.ts';
import type { TestServer } from './contract.ts';
import { installations } from './installations.ts';
import { type Launched, launch } from './launch.ts';
import { freePort } from './port.ts';
import { runOn } from './statement.ts';
import { suitesFor } from './suites.ts';

export interface Cluster {
  readonly nodes: readonly [TestServer, TestServer];
  stop(): Promise<void>;
}

/** Where one is to be had; undefined elsewhere. */
export async function provideCluster(): Promise<Cluster | undefined> {
  const library = await galeraLibrary().catch(() => undefined);
  if (library === undefined) return undefined;
  for await (const installation of installations('mariadb')) {
    const password = randomBytes(16).toString('hex');
    const started: Launched[] = [];
    const stop = async () => {
      await Promise.all(started.splice(0).map((node) => node.stop()));
    };
    try {
      const first = await nodeOptions(library, '');
      started.push(await launch(installation, true, { options: first.options, password }));
      const [one] = started.map(({ server }) => server);
      if (!one) return undefined;
      const state = await stateOf(one);
      const second = await nodeOptions(library, first.address);
      const dataFiles = { 'grastate.dat': state };
      started.push(await launch(installation, true, { options: second.options, password, dataFiles }));
      const [, two] = started.map(({ server }) => server);
      if (!two) return undefined;
      await ready(two);
      return { nodes: [one, two], stop };
    } catch {
      await stop(); // The next installation may do.
    }
  }
  return undefined;
}

/** The write-set replication library: that of the machine, else that of the distribution's archive. */
async function galeraLibrary(): Promise<string | undefined> {
  const place = 'usr/lib/galera/libgalera_smm.so';
  if (existsSync(join('/', place))) return join('/', place);
  const cache = await cacheFolder();
  for (const suite of await suitesFor('mariadb')) {
    const folder = join(cache, `galera-4-${suite.name}-${process.arch}-1`);
    if (!existsSync(join(folder, place))) {
      const packages = await openPackages(suite, cache);
      try {
        await fillAtomically(folder, async (root, scratch) => {
          // The rest of what it needs, the server beside it has.
          for (const file of await packages.download(['galera-4'], scratch))
            if (basename(file).startsWith('galera-4_')) await run(['dpkg', '-x', file, root]);
        });
      } finally {
        await packages.close();
      }
    }
    if (existsSync(join(folder, place))) return join(folder, place);
  }
  return undefined;
}

/** @param seed the address of a node that is there; none begins a new cluster */
async function nodeOptions(library: string, seed: string): Promise<{ address: string; options: string[] }> {
  const address = `127.0.0.1:${await freePort()}`;
  const provider = [
    `gmcast.listen_addr=tcp://${address}`,
    `ist.recv_addr=127.0.0.1:${await freePort()}`,
    'gcache.size=16M',
    // Two transactions that wait to be applied stop the cluster: a test need not write hundreds.
    'gcs.fc_limit=1',
    'gcs.fc_factor=1.0',
  ];
  const options = [
    '--wsrep-on=ON',
    `--wsrep-provider=${library}`,
    `--wsrep-cluster-address=gcomm://${seed}`,
    `--wsrep-provider-options=${provider.join(';')}`,
    '--wsrep-node-address=127.0.0.1',
    // There is nothing to copy: a new node has what the first one has.
    '--wsrep-sst-method=skip',
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
  ];
  return { address, options };
}

/** What the second node begins with: that it has the first one's data, so that it asks for what came since alone. */
async function stateOf(node: TestServer): Promise<string> {
  await ready(node);
  const status = await statusOf(node);
  return `# GALERA saved state
version: 2.1
uuid:    ${status.get('wsrep_cluster_state_uuid')}
seqno:   ${status.get('wsrep_last_committed')}
safe_to_bootstrap: 0
`;
}

async function ready(node: TestServer): Promise<void> {
  for (let tries = 150; (await statusOf(node)).get('wsrep_ready') !== 'ON'; tries--) {
    if (tries === 0) throw new Error('the node does not get ready');
    await sleep(100);
  }
}

async function statusOf(node: TestServer): Promise<Map<unknown, unknown>> {
  const rows = await runOn(node, "show global status like 'wsrep_%'");
  return new Map(rows.map(({ Variable_name, Value }) => [Variable_name, Value]));
}
