/** One address at which now one database is found and now another one, as after a move or in two containers. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseSettings, type Engine, openEngine } from '../../src/engines/index.ts';
import { migrate } from '../../src/migrations/index.ts';
import { administer, freshDatabase, isAvailable, serverOf } from './engines.ts';

type Which = 0 | 1;

export interface OneAddress {
  /** The same for both. */
  readonly settings: DatabaseSettings;
  /** While nobody is connected. */
  show(which: Which): Promise<void>;
  remove(): Promise<void>;
}

export const ADDRESSES: readonly { readonly name: string; readonly make: () => Promise<OneAddress> }[] = [
  ...(isAvailable('sqlite') ? [{ name: 'two files of one path', make: twoFiles }] : []),
  ...(isAvailable('postgresql') ? [{ name: 'two databases of one name', make: twoDatabases }] : []),
  ...(isAvailable('mysql') && isAvailable('mariadb')
    ? [{ name: 'MySQL and MariaDB on one port', make: twoServers }]
    : []),
];

/** Each has a schema and an identity of its own. */
export async function migrated(make: () => Promise<OneAddress>): Promise<OneAddress> {
  const address = await make();
  for (const which of [1, 0] as const) {
    await address.show(which);
    const engine = await openEngine(address.settings, 'create');
    await migrate(engine, { program: 'test', waitMs: 0 });
    await engine.close();
  }
  return address;
}

/** Works on one of the two. */
export async function withOne<T>(
  address: OneAddress,
  which: Which,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  await address.show(which);
  const engine = await openEngine(address.settings, 'change');
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

async function twoFiles(): Promise<OneAddress> {
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-one-'));
  const name = 'multiflexi.sqlite';
  let shown: Which = 0;
  const move = (from: string, to: string) => {
    for (const file of readdirSync(directory))
      if (file === from || file.startsWith(`${from}-`))
        renameSync(join(directory, file), join(directory, `${to}${file.slice(from.length)}`));
  };
  return {
    settings: { connection: 'sqlite', file: join(directory, name) },
    show: async (which) => {
      if (which === shown) return;
      move(name, `away${shown}`);
      move(`away${which}`, name);
      shown = which;
    },
    remove: async () => rmSync(directory, { recursive: true }),
  };
}

async function twoDatabases(): Promise<OneAddress> {
  const first = await freshDatabase('postgresql');
  const second = await freshDatabase('postgresql');
  const { settings } = first;
  if (settings.connection === 'sqlite' || second.settings.connection === 'sqlite')
    throw new Error('a server');
  const name = settings.database;
  const away = [`${name}_0`, `${name}_1`] as const;
  await administer('postgresql', `alter database "${second.settings.database}" rename to "${away[1]}"`);
  let shown: Which = 0;
  return {
    settings,
    show: async (which) => {
      if (which === shown) return;
      await administer('postgresql', `alter database "${name}" rename to "${away[shown]}"`);
      await administer('postgresql', `alter database "${away[which]}" rename to "${name}"`);
      shown = which;
    },
    remove: async () => {
      await first.drop();
      await administer('postgresql', `drop database "${away[shown === 0 ? 1 : 0]}"`);
    },
  };
}

async function twoServers(): Promise<OneAddress> {
  const first = await freshDatabase('mysql');
  if (first.settings.connection === 'sqlite') throw new Error('a server');
  const second = await freshDatabase('mariadb', first.settings.database);
  const [one, other] = [serverOf('mysql'), serverOf('mariadb')];
  // One login is all that the settings have.
  const login = { username: `u_${randomBytes(5).toString('hex')}`, password: 'one of both' };
  const database = first.settings.database;
  for (const name of ['mysql', 'mariadb'] as const) {
    await administer(name, `create user '${login.username}'@'%' identified by '${login.password}'`);
    await administer(name, `grant all on ${database}.* to '${login.username}'@'%'`);
  }
  let shown: Which = 0;
  const server: Server = createServer((client) => {
    const { host, port } = shown === 0 ? one : other;
    const to = connect({ host, port });
    client.pipe(to).pipe(client);
    for (const socket of [client, to])
      socket.on('error', () => {
        client.destroy();
        to.destroy();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    settings: { ...first.settings, ...login, host: '127.0.0.1', port },
    show: async (which) => {
      shown = which;
    },
    remove: async () => {
      await new Promise((resolve) => server.close(resolve));
      await first.drop();
      await second.drop();
      for (const name of ['mysql', 'mariadb'] as const)
        await administer(name, `drop user '${login.username}'@'%'`);
    },
  };
}
