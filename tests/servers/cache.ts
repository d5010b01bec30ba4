import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folders of runs that were killed while unpacking; no run takes that long. */
const abandonedAfter = 3 * 60 * 60 * 1000;

/**
 * The folder that keeps unpacked packages from run to run. Root's is not below its home, where the unprivileged user
 * who runs PostgreSQL could not read.
 */
export async function cacheFolder(): Promise<string> {
  const own = process.env.MULTIFLEXI_TEST_CACHE;
  const folder = own !== undefined && own !== '' ? own : defaultFolder();
  await mkdir(folder, { recursive: true });
  return folder;
}

function defaultFolder(): string {
  if (process.geteuid?.() === 0) return '/var/cache/multiflexi-tests';
  const xdg = process.env.XDG_CACHE_HOME;
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'multiflexi-tests');
}

/**
 * Fills a folder of the cache whole or not at all: in a temporary sibling, and it takes its name when complete. When
 * two runs do so at once, the first to finish wins and the other takes what the first made.
 */
export async function fillAtomically(
  folder: string,
  fill: (root: string, scratch: string) => Promise<void>,
): Promise<void> {
  const cache = join(folder, '..');
  await removeAbandoned(cache);
  const temporary = await mkdtemp(join(cache, '.unpacking-'));
  // One below: unpacking gives a root the age of its packages, but the temporary folder's age tells if it is in use.
  const root = join(temporary, 'root');
  const scratch = join(temporary, 'scratch');
  try {
    // As root apt downloads as a user of its own, who must get in here.
    await chmod(temporary, 0o755);
    for (const part of [root, scratch]) await mkdir(part);
    await fill(root, scratch);
    await chmod(root, 0o755);
    await rename(root, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!/^\.(unpacking|apt)-/.test(name)) continue;
    const entry = await stat(join(cache, name)).catch(() => undefined);
    if (entry !== undefined && Date.now() - entry.mtimeMs > abandonedAfter) {
      await rm(join(cache, name), { recursive: true, force: true });
    }
  }
}
