import { join } from 'node:path';
import { openPackages } from './apt.ts';
import { cacheFolder, fillAtomically } from './cache.ts';
import { isExecutable, messageOf, onPath, run } from './command.ts';
import { loaderOf } from './root.ts';
import { sourcesWanted } from './sources.ts';
import { suitesFor } from './suites.ts';

/** The release with which json_valid() began to take NULL for NULL. */
const CHANGED_IN = [3, 45];

/** What a command line begins with. */
export type OldSqlite = readonly string[];

/**
 * SQLite's shell with a library of before 3.45: the machine's own, or that of Debian 12 from its archive.
 *
 * @returns in words why there is none
 */
export async function oldSqlite(): Promise<OldSqlite | string> {
  try {
    const own = sourcesWanted().includes('machine') ? await onPath('sqlite3') : undefined;
    if (own !== undefined && (await isOld([own]))) return [own];
    return await fromDebian12();
  } catch (error) {
    return messageOf(error);
  }
}

async function fromDebian12(): Promise<OldSqlite> {
  const cache = await cacheFolder();
  const folder = join(cache, `sqlite3-bookworm-${process.arch}-1`);
  const binary = join(folder, 'usr/bin/sqlite3');
  if (!(await isExecutable(binary))) {
    // MariaDB's are those of bookworm, on whichever release.
    const suite = (await suitesFor('mariadb')).find(({ name }) => name === 'bookworm');
    if (suite === undefined) throw new Error('the archive of this machine has no bookworm');
    const packages = await openPackages(suite, cache);
    try {
      await fillAtomically(folder, async (root, scratch) => {
        for (const file of await packages.download(['sqlite3'], scratch))
          await run(['dpkg', '-x', file, root]);
      });
    } finally {
      await packages.close();
    }
  }
  const [loader, libraries] = await loaderOf(folder);
  const argv = [loader, '--library-path', libraries, binary];
  if (!(await isOld(argv))) throw new Error(`the sqlite3 in ${folder} is not older than 3.45`);
  return argv;
}

async function isOld(argv: OldSqlite): Promise<boolean> {
  const [major = 0, minor = 0] = (await run([...argv, '--version'])).split(/[. ]/).map(Number);
  return major === CHANGED_IN[0] && minor < (CHANGED_IN[1] ?? 0);
}
