/** PgBouncer in front of a PostgreSQL server, for what becomes of sessions behind a pooler. */
import { existsSync } from 'node:fs';
import { chown, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPackages } from './apt.ts';
import { cacheFolder, fillAtomically } from './cache.ts';
import { lastLines, messageOf, onPath, run } from './command.ts';
import type { Installation, Owner, TestServer } from './contract.ts';
import { askVersion } from './login.ts';
import { ownerFor } from './owner.ts';
import { freePort, saysPortTaken } from './port.ts';
import { loaderOf } from './root.ts';
import { sourcesWanted } from './sources.ts';
import { suitesFor } from './suites.ts';
import { openSupervised, type Supervised } from './supervised.ts';

export interface Bouncer {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface BouncerWords {
  readonly mode: 'session' | 'transaction' | 'statement';
  /** Lines of its section `[pgbouncer]`, by name. */
  readonly options?: Readonly<Record<string, string | number>>;
}

const PATIENCE_MS = 20_000;

/** Where one is to be had; undefined elsewhere. It takes the superuser of the server alone. */
export async function provideBouncer(server: TestServer, words: BouncerWords): Promise<Bouncer | undefined> {
  const installation = await bouncerInstallation();
  if (installation === undefined) return undefined;
  // Like PostgreSQL it refuses to run as root.
  const owner = await ownerFor(installation);
  const supervised = await openSupervised(owner);
  try {
    const port = await serve(
      supervised,
      installation,
      async (free) => {
        const users = join(supervised.directory, 'users.txt');
        const file = join(supervised.directory, 'pgbouncer.ini');
        await writeFile(users, `"${server.user}" "${server.password}"\n`, { mode: 0o600 });
        await writeFile(file, configuration(server, words, free, users), { mode: 0o600 });
        if (owner !== undefined) for (const path of [users, file]) await chown(path, owner.uid, owner.gid);
        return file;
      },
      server,
      owner,
    );
    supervised.release();
    return { host: '127.0.0.1', port, stop: () => supervised.close() };
  } catch (error) {
    await supervised.close();
    throw error;
  }
}

function configuration(
  { host, port }: TestServer,
  { mode, options = {} }: BouncerWords,
  listen: number,
  users: string,
): string {
  const lines = {
    listen_addr: '127.0.0.1',
    listen_port: listen,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    pool_mode: mode,
    ...options,
  };
  const settings = Object.entries(lines).map(([name, value]) => `${name} = ${value}`);
  return `[databases]\n* = host=${host} port=${port}\n[pgbouncer]\n${settings.join('\n')}\n`;
}

/** @returns the port that it listens at */
async function serve(
  supervised: Supervised,
  { server: program, loader }: Installation,
  configure: (port: number) => Promise<string>,
  { user, password }: TestServer,
  owner: Owner | undefined,
): Promise<number> {
  for (let tries = 5; ; tries--) {
    const port = await freePort();
    const argv = [...loader, program, await configure(port)];
    const { ended } = await supervised.serve({ argv, owner, stop: 'SIGTERM' });
    let how: string | undefined;
    void ended.then((word) => {
      how = word;
    });
    const deadline = Date.now() + PATIENCE_MS;
    let last = '';
    while (how === undefined && Date.now() < deadline) {
      try {
        await askVersion({ engine: 'postgresql', host: '127.0.0.1', port, user, password });
        return port;
      } catch (error) {
        last = messageOf(error);
      }
      await Promise.race([ended, sleep(50)]);
    }
    const log = await supervised.log();
    if (how !== undefined && saysPortTaken(log) && tries > 0) continue;
    throw new Error(`PgBouncer ${how ?? `takes no login (${last})`}: ${lastLines(log, 10)}`);
  }
}

/** That of the machine, else that of the distribution's archive. */
async function bouncerInstallation(): Promise<Installation | undefined> {
  for (const source of sourcesWanted()) {
    const found =
      source === 'machine'
        ? await onPath('pgbouncer', ['/usr/sbin', '/usr/local/sbin'])
        : source === 'archive'
          ? await unpacked().catch(() => undefined)
          : undefined;
    if (typeof found === 'string') return installationOf('machine', found, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function unpacked(): Promise<Installation | undefined> {
  const cache = await cacheFolder();
  const place = 'usr/sbin/pgbouncer';
  for (const suite of await suitesFor('postgresql')) {
    const folder = join(cache, `pgbouncer-${suite.name}-${process.arch}-1`);
    if (!existsSync(join(folder, place))) {
      const packages = await openPackages(suite, cache);
      try {
        await fillAtomically(folder, async (root, scratch) => {
          // Its libraries are all that it needs of what its package depends on.
          for (const file of await packages.download(['pgbouncer'], scratch))
            if (/^(?:pgbouncer|lib)/.test(basename(file))) await run(['dpkg', '-x', file, root]);
        });
      } finally {
        await packages.close();
      }
    }
    if (!existsSync(join(folder, place))) continue;
    const [loader, libraries] = await loaderOf(folder);
    return installationOf('archive', join(folder, place), [loader, '--library-path', libraries]);
  }
  return undefined;
}

function installationOf(
  source: 'machine' | 'archive',
  server: string,
  loader: readonly string[],
): Installation {
  return { engine: 'postgresql', source, server, client: undefined, base: dirname(server), loader };
}
