import { join } from 'node:path';
import { fromArchive } from './archive.ts';
import { isExecutable } from './command.ts';
import type { Client, Installation, ServerEngine } from './contract.ts';
import type { Login } from './login.ts';
import { clientOnMachine } from './machine.ts';
import { sourcesWanted } from './sources.ts';

/**
 * The command-line client for a server: the one that came with it, else the machine's, else the archive's. Undefined
 * where none is to be had, which is no reason to do without the server.
 */
export async function clientFor(
  login: Login,
  installation: Installation | undefined,
): Promise<Client | undefined> {
  const found = await find(login.engine, installation);
  if (found === undefined) return undefined;
  const program = [...found.loader, found.file];
  return login.engine === 'postgresql' ? psql(program, login) : mysql(program, login, found.base);
}

interface Found {
  readonly loader: readonly string[];
  readonly file: string;
  /** Where its plugins lie, if not where it was built to look for them. */
  readonly base?: string;
}

async function find(
  engine: ServerEngine,
  installation: Installation | undefined,
): Promise<Found | undefined> {
  if (installation?.client !== undefined) return partOf(installation, installation.client);
  const sources = sourcesWanted();
  const onMachine = sources.includes('machine') ? await clientOnMachine(engine) : undefined;
  if (onMachine !== undefined) return { loader: [], file: onMachine };
  if (!sources.includes('archive')) return undefined;
  const unpacked = await fromArchive(engine, () => undefined).catch(() => undefined);
  return unpacked?.client === undefined ? undefined : partOf(unpacked, unpacked.client);
}

function partOf({ source, loader, base }: Installation, file: string): Found {
  return source === 'archive' ? { loader, file, base } : { loader, file };
}

async function mysql(program: readonly string[], login: Login, base: string | undefined): Promise<Client> {
  // The developer's own option files must not reach a test; the option is only known in the first place.
  const options = ['--no-defaults'];
  const plugins = base === undefined ? undefined : join(base, 'lib/mysql/plugin');
  if (plugins !== undefined && (await isExecutable(plugins))) options.push(`--plugin-dir=${plugins}`);
  for (const share of base === undefined ? [] : ['share/mysql/charsets', 'share/mariadb/charsets']) {
    const charsets = join(base ?? '', share);
    if (await isExecutable(charsets)) options.push(`--character-sets-dir=${charsets}`);
  }
  options.push('--protocol=TCP', `--host=${login.host}`, `--port=${login.port}`, `--user=${login.user}`);
  return { argv: [...program, ...options], env: { MYSQL_PWD: login.password } };
}

function psql(program: readonly string[], login: Login): Client {
  const env = {
    PGHOST: login.host,
    PGPORT: String(login.port),
    PGUSER: login.user,
    PGPASSWORD: login.password,
    PGDATABASE: 'postgres',
  };
  // -X: without the developer's ~/.psqlrc.
  return { argv: [...program, '-X'], env };
}
