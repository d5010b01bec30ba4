/** Minimal Debian systems in the cache of the tests, with all in apt's cache that the packages may need: nothing is fetched later. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDeb822 } from '../servers/apt-sources.ts';
import { cacheFolder, fillAtomically } from '../servers/cache.ts';
import { messageOf, onPath, run } from '../servers/command.ts';
import { suiteNamed } from '../servers/suites.ts';

export const RELEASES = ['bookworm', 'trixie'] as const;
export type Release = (typeof RELEASES)[number];

/** Part of every folder's name; a change of how a root is made raises it. */
const LAYOUT = 1;
const PATIENCE_MS = 900_000;

/** What apt installs in the tests. Both of two alternatives are named: which of them apt takes depends on what else it installs. */
const FETCHED = [
  'default-mysql-server mariadb-server default-mysql-client postgresql postgresql-client dbconfig-mysql dbconfig-pgsql dbconfig-sqlite3 adduser systemd',
  // It excludes what makes a database.
  'dbconfig-no-thanks',
];

/** The folder of a minimal system, made by mmdebstrap where the cache has none. */
export async function rootOf(release: Release): Promise<string> {
  const cache = await cacheFolder();
  const folder = join(cache, `root-${release}-${process.arch}-${LAYOUT}`);
  if (existsSync(folder)) return folder;
  const { sources } = await suiteNamed(release);
  process.stderr.write(`packages: making a minimal ${release} in ${folder}\n`);
  await fillAtomically(folder, async (root, scratch) => {
    const list = join(scratch, 'debian.sources');
    await writeFile(list, writeDeb822(sources));
    const hooks = FETCHED.map(
      (packages) =>
        `--customize-hook=chroot "$1" apt-get install --yes --quiet --download-only --option APT::Install-Recommends=true ${packages}`,
    );
    await run(
      [
        'mmdebstrap',
        '--mode=root',
        '--variant=minbase',
        '--include=ca-certificates,iproute2,procps',
        // The packages that are fetched stay.
        '--skip=cleanup/apt',
        ...hooks,
        // Its owner makes a folder of its own in the one that is there already.
        release,
        join(root, 'system'),
        list,
      ],
      { timeout: PATIENCE_MS },
    );
  });
  return folder;
}

/** Where the system is in the folder. */
export function systemIn(folder: string): string {
  return join(folder, 'system');
}

/** @returns why no system can be made here; in CI, what is missing is installed first where that is allowed */
export async function cannotMakeRoots(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.geteuid?.() !== 0) return 'installing packages takes root';
  const tools = {
    mmdebstrap: 'mmdebstrap',
    unshare: 'util-linux',
    nsenter: 'util-linux',
    ip: 'iproute2',
    dh: 'debhelper',
  };
  const missing = await missingOf(tools);
  if (missing.length === 0) return await cannotMount();
  if (process.env.CI !== 'true' || (await onPath('apt-get')) === undefined)
    return `tools are missing: apt-get install ${missing.join(' ')}`;
  try {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run(['apt-get', 'update', '--quiet'], { timeout: PATIENCE_MS });
    await run(['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', ...missing], {
      env,
      timeout: PATIENCE_MS,
    });
  } catch (error) {
    return messageOf(error);
  }
  return await cannotMount();
}

/** Containers often may not, or keep their files where nothing can be laid over. */
async function cannotMount(): Promise<string | undefined> {
  const probe = await mkdtemp(join(tmpdir(), 'multiflexi-mount-'));
  const script =
    'cd "$0" && mkdir lower upper work root && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay root';
  try {
    await run(['unshare', '--mount', '--pid', '--net', '--fork', 'sh', '-c', script, probe]);
    return undefined;
  } catch (error) {
    return `this machine lets nobody mount: ${messageOf(error)}`;
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

async function missingOf(tools: Readonly<Record<string, string>>): Promise<string[]> {
  const missing = new Set<string>();
  for (const [tool, owner] of Object.entries(tools))
    if ((await onPath(tool, ['/usr/sbin', '/sbin'])) === undefined) missing.add(owner);
  return [...missing];
}
