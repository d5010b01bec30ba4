/**
 * Real MySQL, MariaDB and PostgreSQL servers for tests and benchmarks.
 *
 * @example
 * const { servers, stop } = await provideServers(['mysql', 'postgresql']);
 * if ('server' in servers.mysql) await connect(servers.mysql.server);
 * await stop();
 *
 * The environment steers where they come from:
 * - `MULTIFLEXI_TEST_MYSQL_URL`, `MULTIFLEXI_TEST_MARIADB_URL`, `MULTIFLEXI_TEST_POSTGRESQL_URL`: a running server,
 *   such as `mysql://root:password@127.0.0.1:3306?ssl-ca=/file&socket=/file`.
 * - `MULTIFLEXI_TEST_SOURCES`: the only ways to try, of `environment,machine,archive`.
 * - `MULTIFLEXI_TEST_CACHE`: the folder for unpacked packages. They are never refreshed: remove it for newer ones.
 */
import { closeArchive, fromArchive } from './archive.ts';
import { messageOf } from './command.ts';
import { type Provided, type ProvideOptions, SERVER_ENGINES, type ServerEngine } from './contract.ts';
import { fromEnvironment, variableFor } from './environment.ts';
import { installations } from './installations.ts';
import { type Launched, launch } from './launch.ts';
import { onMachine } from './machine.ts';
import { sourcesWanted } from './sources.ts';

export { type Bouncer, type BouncerWords, provideBouncer } from './bouncer.ts';
export {
  type Client,
  type Provided,
  type ProvideOptions,
  SERVER_ENGINES,
  type ServerEngine,
  type Source,
  type TestServer,
} from './contract.ts';
export { type Cluster, provideCluster } from './galera.ts';
export { type Group, provideGroup } from './group.ts';
export { provideReplicated, type Replicated } from './replicated.ts';
export { runIn, runOn } from './statement.ts';

/** The servers that were asked for, and the end of those that were started. */
export interface Servers {
  /** An engine that was not asked for is missing. */
  readonly servers: Record<ServerEngine, Provided>;
  /** Ends every server that was started and removes its folder. Servers of the environment go on. */
  stop(): Promise<void>;
}

/**
 * Finds or starts a server of each engine, all at once. Each comes from the first of: a URL in the environment
 * (`MULTIFLEXI_TEST_MYSQL_URL` and so on), binaries on the machine, packages of the distribution's archive.
 * Does not throw: an engine that cannot be had is `missing`, with what was tried and why it did not work.
 *
 * A server that was started ends with {@link Servers.stop}, or when this process ends in any way, `kill -9` included.
 */
export async function provideServers(
  engines: readonly ServerEngine[],
  options: ProvideOptions = {},
): Promise<Servers> {
  const stops: (() => Promise<void>)[] = [];
  const entries = await Promise.all(
    SERVER_ENGINES.map(async (engine): Promise<[ServerEngine, Provided]> => {
      if (!engines.includes(engine)) return [engine, { missing: `${engine} was not asked for` }];
      return [engine, await provide(engine, options, stops)];
    }),
  );
  await closeArchive();
  const stop = async (): Promise<void> => {
    await Promise.all(stops.splice(0).map(async (stopOne) => await stopOne()));
  };
  return { servers: Object.fromEntries(entries) as Record<ServerEngine, Provided>, stop };
}

/** A server of its own that can be crashed and started again, with its maker's durable defaults; undefined where none is to be had. */
export async function provideCrashable(engine: ServerEngine): Promise<Launched | undefined> {
  for await (const installation of installations(engine)) {
    try {
      return await launch(installation, false);
    } catch {
      // The next source may have one.
    }
  }
  return undefined;
}

async function provide(
  engine: ServerEngine,
  { fast = true, say = () => undefined }: ProvideOptions,
  stops: (() => Promise<void>)[],
): Promise<Provided> {
  const refused: string[] = [];
  for (const source of sourcesWanted()) {
    try {
      if (source === 'environment') {
        const server = await fromEnvironment(engine);
        if (server !== undefined) return { server };
        refused.push(`environment: ${variableFor(engine)} is not set`);
        continue;
      }
      const installation = source === 'machine' ? await onMachine(engine) : await fromArchive(engine, say);
      const { server, stop } = await launch(installation, fast);
      stops.push(stop);
      say(`${engine}: ${server.version} from the ${source} on port ${server.port}`);
      if (server.tlsCa === undefined) say(`${engine}: without TLS, since this machine has no openssl`);
      return { server };
    } catch (error) {
      refused.push(`${source}: ${messageOf(error)}`);
      // Whoever named a server meant that one: another in its place would hide that it does not work.
      if (source === 'environment') break;
    }
  }
  return { missing: `no ${engine} server. ${refused.join('. ')}` };
}
