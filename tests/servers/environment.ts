import { clientFor } from './client.ts';
import { messageOf } from './command.ts';
import type { ServerEngine, TestServer } from './contract.ts';
import { askVersion } from './login.ts';
import { unfit } from './version.ts';

const defaults: Readonly<Record<ServerEngine, { user: string; port: number; protocols: readonly string[] }>> =
  {
    mysql: { user: 'root', port: 3306, protocols: ['mysql:'] },
    mariadb: { user: 'root', port: 3306, protocols: ['mariadb:', 'mysql:'] },
    postgresql: { user: 'postgres', port: 5432, protocols: ['postgresql:', 'postgres:', 'pgsql:'] },
  };

/** The variable that names a server of that engine, such as MULTIFLEXI_TEST_MYSQL_URL. */
export function variableFor(engine: ServerEngine): string {
  return `MULTIFLEXI_TEST_${engine.toUpperCase()}_URL`;
}

/**
 * The server that the environment names, or undefined if it names none. `?socket=` and `?ssl-ca=` may name its socket
 * and the file of its certificate authority.
 *
 * @throws when it names one that cannot be used: whoever set the variable meant that server and no other.
 */
export async function fromEnvironment(engine: ServerEngine): Promise<TestServer | undefined> {
  const variable = variableFor(engine);
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const login = { engine, ...read(engine, text, variable) };
  // Neither the URL nor its password is quoted: messages end up in logs.
  const where = `${login.host}:${login.port}, which ${variable} names,`;
  const version = await askVersion(login).catch((error: unknown) => {
    throw new Error(`the server at ${where} cannot be used: ${messageOf(error)}`);
  });
  const reason = unfit(engine, version);
  if (reason !== undefined) throw new Error(`the server at ${where} cannot be used: ${reason}`);
  const client = await clientFor(login, undefined);
  return { ...login, source: 'environment', version, client, pid: undefined, dataDirectory: undefined };
}

type Named = Pick<TestServer, 'host' | 'port' | 'user' | 'password' | 'socket' | 'tlsCa'>;

function read(engine: ServerEngine, text: string, variable: string): Named {
  const { user, port, protocols } = defaults[engine];
  if (!URL.canParse(text)) throw new Error(`${variable} is not a URL`);
  const url = new URL(text);
  if (!protocols.includes(url.protocol)) throw new Error(`${variable} must begin with ${protocols[0]}//`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1',
    port: url.port === '' ? port : Number(url.port),
    user: url.username === '' ? user : decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    socket: url.searchParams.get('socket') ?? undefined,
    tlsCa: url.searchParams.get('ssl-ca') ?? undefined,
  };
}
