import { chmod, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable } from './command.ts';
import type { Installation, ServerEngine } from './contract.ts';

interface Machine {
  readonly triplet: string;
  readonly loader: string;
}

const machines: Readonly<Partial<Record<NodeJS.Architecture, Machine>>> = {
  x64: { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
};

/** Where a server's and a client's binary may lie below a root. */
const binaries: Readonly<Record<ServerEngine, { server: readonly string[]; client: readonly string[] }>> = {
  mysql: { server: ['usr/sbin/mysqld'], client: ['usr/bin/mysql'] },
  mariadb: { server: ['usr/sbin/mariadbd', 'usr/sbin/mysqld'], client: ['usr/bin/mariadb', 'usr/bin/mysql'] },
  // Not `postgres`, which linkPostgresql makes a script.
  postgresql: { server: ['bin/postgres.bin'], client: ['bin/psql'] },
};

/**
 * What was unpacked, ready to run: through the root's own loader and libraries, since those of the machine may be
 * older or newer than what the binaries were built for.
 */
export async function describeRoot(engine: ServerEngine, root: string): Promise<Installation> {
  const { server: servers, client: clients } = binaries[engine];
  const base = engine === 'postgresql' ? await postgresqlBase(root) : join(root, 'usr');
  const above = engine === 'postgresql' ? base : root;
  const server = await firstOf(above, servers);
  if (server === undefined)
    throw new Error(`${root} holds no server of ${engine}; remove it to unpack it anew`);
  const [loader, libraries] = await loaderOf(root);
  const run = [loader, '--library-path', libraries];
  return { engine, source: 'archive', server, client: await firstOf(above, clients), base, loader: run };
}

/** The loader of a root, and where it finds the libraries. */
export async function loaderOf(root: string): Promise<[loader: string, libraries: string]> {
  const machine = machines[process.arch];
  if (machine === undefined) throw new Error(`no loader is known for ${process.arch}`);
  // Before Debian 13 the C library lay in /lib, which was a link; unpacked by itself it is a folder.
  const folders = [`lib/${machine.triplet}`, `usr/lib/${machine.triplet}`, 'usr/lib/mysql/private'];
  const loader = await firstOf(
    root,
    folders.map((folder) => join(folder, machine.loader)),
  );
  if (loader === undefined) throw new Error(`${root} holds no ${machine.loader}`);
  return [loader, folders.map((folder) => join(root, folder)).join(':')];
}

/**
 * Makes `postgres` a script that goes through the root's own loader, since `initdb` starts the `postgres` beside it by
 * itself. LD_LIBRARY_PATH would not do: on another release it would also reach the shell that initdb starts it with.
 */
export async function linkPostgresql(root: string): Promise<void> {
  const bin = join(await postgresqlBase(root), 'bin');
  const [loader, libraries] = await loaderOf(root);
  // Relative to the script, as the root still has its temporary name.
  const up = '$here/../../../../..';
  const moved = (path: string): string => path.replaceAll(root, up);
  await rename(join(bin, 'postgres'), join(bin, 'postgres.bin'));
  const script = `#!/bin/sh
here=\${0%/*}
exec "${moved(loader)}" --library-path "${moved(libraries)}" "$here/postgres.bin" "$@"
`;
  await writeFile(join(bin, 'postgres'), script);
  await chmod(join(bin, 'postgres'), 0o755);
}

async function postgresqlBase(root: string): Promise<string> {
  const parent = join(root, 'usr/lib/postgresql');
  const [release] = await readdir(parent);
  return join(parent, release ?? '');
}

async function firstOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    if (await isExecutable(join(folder, name))) return join(folder, name);
  }
  return undefined;
}
