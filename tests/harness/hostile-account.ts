/** Accounts whose sessions begin with settings that nobody would want, and databases of theirs. */
import { randomBytes } from 'node:crypto';
import { type EngineName, openEngine, type ServerSettings } from '../../src/engines/index.ts';
import { runOn, type TestServer } from '../servers/index.ts';
import { installations } from '../servers/installations.ts';
import { launch } from '../servers/launch.ts';
import { freshOn, serverOf, type TestDatabase } from './engines.ts';

/** By name, as the server knows them. */
export type Hostility = Readonly<Record<string, string>>;

export interface HostileServer {
  readonly server: TestServer;
  /** A database whose account begins each session with these; one at a time on MySQL and MariaDB. */
  database(hostility: Hostility): Promise<TestDatabase>;
  stop(): Promise<void>;
}

/** On MySQL and MariaDB a server of one's own, as what its sessions begin with is the server's; undefined where none is to be had. */
export async function provideHostile(
  name: Exclude<EngineName, 'sqlite'>,
  options: readonly string[],
): Promise<HostileServer | undefined> {
  if (name === 'postgresql') {
    const server = serverOf(name);
    return { server, database: (hostility) => ofRole(server, hostility), stop: async () => {} };
  }
  for await (const installation of installations(name)) {
    const { server, stop } = await launch(installation, true, { options });
    return { server, database: (hostility) => ofUser(server, hostility), stop };
  }
  return undefined;
}

async function ofRole(server: TestServer, hostility: Hostility): Promise<TestDatabase> {
  const role = `h_${randomBytes(5).toString('hex')}`;
  await runOn(server, `create role ${role} login password '${role}'`);
  const database = await freshOn(server);
  const { DB_DATABASE } = database.environment;
  await runOn(server, `alter database ${DB_DATABASE} owner to ${role}`);
  for (const [setting, value] of Object.entries(hostility))
    await runOn(server, `alter role ${role} in database ${DB_DATABASE} set ${setting} = ${value}`);
  return loggedInAs(database, role, async () => {
    await database.drop();
    await runOn(server, `drop role ${role}`);
  });
}

/** init_connect is not run for accounts that may do anything. */
async function ofUser(server: TestServer, hostility: Hostility): Promise<TestDatabase> {
  const user = `h_${randomBytes(5).toString('hex')}`;
  const database = await freshOn(server);
  await runOn(server, `create user '${user}'@'%' identified by '${user}'`);
  await runOn(server, `grant all privileges on ${database.environment.DB_DATABASE}.* to '${user}'@'%'`);
  const words = Object.entries(hostility).map(([setting, value]) => `${setting} = ${value}`);
  const init = words.length === 0 ? '' : `set ${words.join(', ')}`;
  await runOn(server, `set global init_connect = "${init}"`);
  return loggedInAs(database, user, async () => {
    await runOn(server, "set global init_connect = ''");
    await database.drop();
    await runOn(server, `drop user '${user}'@'%'`);
  });
}

function loggedInAs(database: TestDatabase, username: string, drop: () => Promise<void>): TestDatabase {
  const settings: ServerSettings = { ...(database.settings as ServerSettings), username, password: username };
  return {
    ...database,
    settings,
    environment: { ...database.environment, DB_USERNAME: username, DB_PASSWORD: username },
    open: (access = 'change') => openEngine(settings, access),
    drop,
  };
}
