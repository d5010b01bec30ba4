/**
 * `node tests/servers/main.ts [--fast] [engine …]`: starts servers for work by hand, prints the settings that lead to
 * them, and ends them at Ctrl-C. Without --fast they are as durable as their makers ship them.
 */
import { parseArgs } from 'node:util';
import { type Provided, provideServers, SERVER_ENGINES, type ServerEngine } from './index.ts';

const { values, positionals } = parseArgs({ options: { fast: { type: 'boolean' } }, allowPositionals: true });
const unknown = positionals.filter((name) => !isEngine(name));
if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join(', ')}. Engines are ${SERVER_ENGINES.join(', ')}.\n`);
  process.exit(64);
}

// Before anything starts, so that Ctrl-C during a start ends as orderly as one after it.
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
});
const engines = positionals.length > 0 ? positionals.filter(isEngine) : SERVER_ENGINES;
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const { servers, stop } = await provideServers(engines, { fast: values.fast ?? false, say });
for (const engine of engines) process.stdout.write(`\n${describe(engine, servers[engine])}\n`);
const isAny = engines.some((engine) => 'server' in servers[engine]);
if (isAny) {
  process.stderr.write('\nCtrl-C ends them.\n');
  // A promise alone does not keep the process alive.
  const alive = setInterval(() => undefined, 60_000);
  await interrupted;
  clearInterval(alive);
}
await stop();
process.exit(isAny ? 0 : 1);

function isEngine(name: string): name is ServerEngine {
  return (SERVER_ENGINES as readonly string[]).includes(name);
}

function describe(engine: ServerEngine, provided: Provided): string {
  if ('missing' in provided) return `# ${provided.missing.replaceAll('\n', '\n# ')}`;
  const { server } = provided;
  const settings = {
    DB_CONNECTION: engine === 'postgresql' ? 'pgsql' : 'mysql',
    DB_HOST: server.host,
    DB_PORT: server.port,
    DB_USERNAME: server.user,
    DB_PASSWORD: server.password,
    ...(server.socket !== undefined && { DB_SOCKET: server.socket }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const client = server.client;
  if (client !== undefined) {
    const env = Object.entries(client.env).map(([name, value]) => `${name}=${value}`);
    lines.push(`# client: ${[...env, ...client.argv].join(' ')}`);
  }
  if (server.tlsCa !== undefined) lines.push(`# certificate authority: ${server.tlsCa}`);
  if (server.dataDirectory !== undefined)
    lines.push(`# process ${server.pid}, all in ${server.dataDirectory}`);
  return [`# ${engine} ${server.version} from the ${server.source}`, ...lines].join('\n');
}
