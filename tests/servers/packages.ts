import type { Packages } from './apt.ts';
import type { ServerEngine } from './contract.ts';

/** Where a package's name has the release in it, and what its client is called. */
const patterns: Readonly<Record<ServerEngine, { server: RegExp; prefix: string; client: string }>> = {
  mysql: {
    server: /^mysql-server-core(-[\d.]+)?$/,
    prefix: 'mysql-server-core',
    client: 'mysql-client-core',
  },
  mariadb: {
    server: /^mariadb-server-core(-[\d.]+)?$/,
    prefix: 'mariadb-server-core',
    client: 'mariadb-client-core',
  },
  postgresql: { server: /^postgresql(-\d+)$/, prefix: 'postgresql-', client: 'postgresql-client' },
};

/** The names of an engine's server and client packages in a suite, or undefined if it has none. */
export async function choosePackages(
  engine: ServerEngine,
  packages: Pick<Packages, 'names'>,
): Promise<string[] | undefined> {
  const { server, prefix, client } = patterns[engine];
  const releases = (await packages.names(prefix)).flatMap((name) => {
    const match = server.exec(name);
    return match === null ? [] : [match[1] ?? ''];
  });
  // A name without a release is the suite's current one; among others the newest.
  const best = releases.includes('') ? '' : releases.sort(byRelease).at(-1);
  return best === undefined ? undefined : [`${prefix.replace(/-$/, '')}${best}`, `${client}${best}`];
}

function byRelease(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
