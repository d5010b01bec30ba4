/** Starts the console: a server of HTTP on the loopback interface, or on a socket that is open already. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { DatabaseTokens } from './access/database-tokens.ts';
import type { Doorkeeper } from './access/doorkeeper.ts';
import { OneTimeToken } from './access/one-time-token.ts';
import { Console, LIMITS } from './console.ts';
import type { ConsoleOptions, Listen, RunningConsole } from './contract.ts';
import { consoleApp } from './http/app.ts';
import { Hosts } from './http/hosts.ts';
import { Lane } from './work/lane.ts';

const LOOPBACK = '127.0.0.1';
const LONGEST_HEAD = 16 * 1024;
const MOST_CONNECTIONS = 500;
/** How often it is looked whether anybody is still there, at most. */
const LOOK_MS = 1_000;

/** @throws what the system says of the port or the socket */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const server = createServer({ maxHeaderSize: LONGEST_HEAD, connectionsCheckingInterval: 1_000 });
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, options.listen);
  const own = ownOrigins(server);
  const { access } = options;
  const panels = new Lane({ settings: options.settings, words: options.words });
  const doorkeeper = doorkeeperOf(options, panels);
  const origins = access.kind === 'service' ? access.origins : own;
  const console = new Console(options, doorkeeper, new Hosts(origins), cookieOf(server, origins), panels);
  server.headersTimeout = console.limits.headMs;
  server.requestTimeout = console.limits.requestMs;
  server.on('request', getRequestListener(consoleApp(console).fetch, { overrideGlobalObjects: false }));
  const [first = ''] = origins;
  const idle = Promise.withResolvers<void>();
  const looking = setInterval(
    () => {
      if (options.idleMs !== undefined && console.idleMs >= options.idleMs) idle.resolve();
    },
    Math.min(LOOK_MS, options.idleMs ?? LOOK_MS),
  );
  return {
    url: doorkeeper instanceof OneTimeToken ? `${first}/#token=${doorkeeper.token}` : `${first}/`,
    port: portOf(server),
    idle: idle.promise,
    close: async (patienceMs) => {
      clearInterval(looking);
      server.close();
      await console.close(patienceMs);
      server.closeAllConnections();
    },
  };
}

async function listening(server: Server, listen: Listen): Promise<void> {
  server.listen('fd' in listen ? { fd: listen.fd } : { host: LOOPBACK, port: listen.port, exclusive: true });
  await once(server, 'listening');
}

function portOf(server: Server): number | null {
  const address = server.address() as AddressInfo | string | null;
  return address === null || typeof address === 'string' ? null : address.port;
}

/** How a browser on this machine reaches it; none for a socket that is no port. */
function ownOrigins(server: Server): string[] {
  const port = portOf(server);
  return port === null ? [] : [`http://${LOOPBACK}:${port}`, `http://localhost:${port}`];
}

/** With `__Host-` no other host can set it; without encryption browsers do not take that. */
function cookieOf(server: Server, origins: readonly string[]): string {
  const isEncrypted = origins.every((origin) => origin.startsWith('https:'));
  if (isEncrypted) return '__Host-multiflexi';
  return `multiflexi_${portOf(server) ?? 'console'}`;
}

function doorkeeperOf({ access, limits }: ConsoleOptions, lane: Lane): Doorkeeper {
  if (access.kind === 'service') return new DatabaseTokens(lane, limits?.trustMs ?? LIMITS.trustMs);
  return new OneTimeToken({ name: access.name, scope: access.scope });
}
