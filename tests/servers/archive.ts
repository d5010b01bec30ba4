import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openPackages, type Packages } from './apt.ts';
import { cacheFolder, fillAtomically } from './cache.ts';
import { messageOf, onPath, run } from './command.ts';
import type { Installation, ServerEngine } from './contract.ts';
import { choosePackages } from './packages.ts';
import { describeRoot, linkPostgresql } from './root.ts';
import { type Suite, suitesFor } from './suites.ts';

/** Part of every folder's name; a change of how a root is prepared raises it, so that old roots are not used. */
const layout = 1;

/** Lists being fetched by this process: engines of one suite share them. */
const opened = new Map<string, Promise<Packages>>();

/**
 * The engine's server and client from packages of the distribution's archive, unpacked into the cache: nothing is
 * installed, and root's rights are not needed.
 *
 * @throws when there is no such package, no network, or no apt at all.
 */
export async function fromArchive(engine: ServerEngine, say: (line: string) => void): Promise<Installation> {
  for (const program of ['apt-get', 'dpkg']) {
    if ((await onPath(program)) === undefined) throw new Error(`this machine has no ${program}`);
  }
  const cache = await cacheFolder();
  const suites = await suitesFor(engine);
  const folderOf = ({ name }: Suite): string => join(cache, `${engine}-${name}-${process.arch}-${layout}`);
  for (const suite of suites) {
    if (await isThere(folderOf(suite))) return await describeRoot(engine, folderOf(suite));
  }
  const refused: string[] = [];
  for (const suite of suites) {
    try {
      await unpack(engine, suite, folderOf(suite), cache, say);
      return await describeRoot(engine, folderOf(suite));
    } catch (error) {
      refused.push(messageOf(error));
    }
  }
  throw new Error(refused.join('; '));
}

/** Ends what fetching left behind; to be called when no engine is being fetched any more. */
export async function closeArchive(): Promise<void> {
  const lists = [...opened.values()];
  opened.clear();
  await Promise.allSettled(lists.map(async (packages) => await (await packages).close()));
}

async function unpack(
  engine: ServerEngine,
  suite: Suite,
  folder: string,
  cache: string,
  say: (line: string) => void,
): Promise<void> {
  const packages = await lists(suite, cache);
  const chosen = await choosePackages(engine, packages);
  if (chosen === undefined) throw new Error(`the suite ${suite.name} has no package of ${engine}`);
  say(`${engine}: downloading ${chosen.join(' and ')} from ${suite.name} into ${folder}`);
  await fillAtomically(folder, async (root, scratch) => {
    for (const file of await packages.download(chosen, scratch)) await run(['dpkg', '-x', file, root]);
    if (engine === 'postgresql') await linkPostgresql(root);
    await writeFile(join(root, 'unpacked.txt'), `${chosen.join('\n')}\n`);
  });
}

async function lists(suite: Suite, cache: string): Promise<Packages> {
  const known = opened.get(suite.name);
  if (known !== undefined) return await known;
  const fetched = openPackages(suite, cache);
  opened.set(suite.name, fetched);
  // A failure is not kept: the network may be back at the next try.
  fetched.catch(() => opened.delete(suite.name));
  return await fetched;
}

async function isThere(folder: string): Promise<boolean> {
  return await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
