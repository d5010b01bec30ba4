/** nginx of the machine or of Debian's archive, for the example of docs/console.md. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openPackages } from './apt.ts';
import { cacheFolder, fillAtomically } from './cache.ts';
import { messageOf, onPath, run } from './command.ts';
import { loaderOf } from './root.ts';
import { sourcesWanted } from './sources.ts';
import { suiteNamed } from './suites.ts';

const SUITE = 'bookworm';

/** What a command line begins with, or in words why there is none. */
export async function nginxCommand(): Promise<readonly string[] | string> {
  try {
    const own = sourcesWanted().includes('machine') ? await onPath('nginx', ['/usr/sbin']) : undefined;
    return own === undefined ? await unpacked() : [own];
  } catch (error) {
    return messageOf(error);
  }
}

async function unpacked(): Promise<readonly string[]> {
  if (!sourcesWanted().includes('archive')) throw new Error('the archive is not asked');
  const cache = await cacheFolder();
  const folder = join(cache, `nginx-${SUITE}-${process.arch}-1`);
  const program = join(folder, 'usr/sbin/nginx');
  if (!existsSync(program)) {
    const packages = await openPackages(await suiteNamed(SUITE), cache);
    try {
      await fillAtomically(folder, async (root, scratch) => {
        // Its libraries are all that it needs of what its package depends on.
        for (const file of await packages.download(['nginx'], scratch))
          if (/^(?:nginx_|lib)/.test(basename(file))) await run(['dpkg', '-x', file, root]);
      });
    } finally {
      await packages.close();
    }
  }
  const [loader, libraries] = await loaderOf(folder);
  return [loader, '--library-path', libraries, program];
}
