import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { allOnPath, isExecutable, messageOf, run } from './command.ts';
import type { Installation, ServerEngine } from './contract.ts';
import { unfit } from './version.ts';

/** Servers lie in folders that are often not on the PATH of ordinary users. */
const serverFolders = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec'];

const servers = { mysql: ['mysqld'], mariadb: ['mariadbd', 'mysqld'], postgresql: ['postgres'] } as const;
const clients = { mysql: ['mysql'], mariadb: ['mariadb', 'mysql'], postgresql: ['psql'] } as const;

/**
 * The newest fitting server that is installed on the machine.
 *
 * @throws when there is none, with what was found instead.
 */
export async function onMachine(engine: ServerEngine): Promise<Installation> {
  const names = servers[engine];
  const refused: string[] = [];
  for (const file of await candidates(engine, names, serverFolders)) {
    const reason = await whyUnfit(engine, file);
    if (reason !== undefined) {
      refused.push(`${file}: ${reason}`);
      continue;
    }
    // The real file, since a link in /usr/bin tells nothing about the folders beside it.
    const server = await realpath(file);
    const client = await clientOnMachine(engine);
    return { engine, source: 'machine', server, client, base: dirname(dirname(server)), loader: [] };
  }
  throw new Error([`no ${names.join(' or ')} that fits`, ...refused].join('; '));
}

/** The machine's own command-line client of that engine. */
export async function clientOnMachine(engine: ServerEngine): Promise<string | undefined> {
  for (const file of await candidates(engine, clients[engine], [])) {
    // A client's number is its own in some releases of MariaDB, so only the kind is looked at.
    const text = await run([file, '--version']).catch(() => undefined);
    if (text === undefined) continue;
    if (engine === 'postgresql' || /mariadb/i.test(text) === (engine === 'mariadb')) return file;
  }
  return undefined;
}

async function whyUnfit(engine: ServerEngine, file: string): Promise<string | undefined> {
  try {
    return unfit(engine, await run([file, '--version']));
  } catch (error) {
    return messageOf(error);
  }
}

async function candidates(
  engine: ServerEngine,
  names: readonly string[],
  folders: readonly string[],
): Promise<string[]> {
  const own = engine === 'postgresql' ? await postgresqlFolders() : [];
  const found: string[] = [];
  for (const name of names) {
    for (const folder of own) {
      if (await isExecutable(join(folder, name))) found.push(join(folder, name));
    }
    found.push(...(await allOnPath(name, folders)));
  }
  return found;
}

/** Debian keeps every release of PostgreSQL in a folder of its own, none on PATH; the newest first. */
async function postgresqlFolders(): Promise<string[]> {
  const parent = '/usr/lib/postgresql';
  const releases = await readdir(parent).catch(() => []);
  const newestFirst = releases.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
  return newestFirst.map((release) => join(parent, release, 'bin'));
}
