/** The Node that packages bring along, for any architecture, as packaging/runtime/package-lock.json pins it. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ARCHITECTURES, type Architecture } from './architecture.ts';
import { BUILD, CHECKOUT } from './places.ts';
import { run } from './tools.ts';

const PINNED = join(CHECKOUT, 'packaging/runtime');

export interface Runtime {
  readonly binary: string;
  /** The licences of Node and of all that it is linked with. */
  readonly licence: string;
  readonly version: string;
}

/** npm fetches it once, and verifies its checksum. */
export function runtimeFor(architecture: Architecture): Runtime {
  const { node } = ARCHITECTURES[architecture];
  const name = `node-linux-${node}`;
  const version = pinnedVersion(name);
  const folder = join(BUILD, 'runtime', `${name}-${version}`);
  const unpacked = join(folder, 'node_modules', name);
  if (!existsSync(join(unpacked, 'LICENSE'))) fetchInto(folder, node);
  return { binary: join(unpacked, 'bin/node'), licence: join(unpacked, 'LICENSE'), version };
}

/** Whole or not at all, as two builds may run at once. */
function fetchInto(folder: string, cpu: string): void {
  mkdirSync(dirname(folder), { recursive: true });
  const fetched = mkdtempSync(`${folder}-`);
  try {
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(join(PINNED, file), join(fetched, file));
    const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    run('npm', ['ci', '--os=linux', `--cpu=${cpu}`, ...quiet], { cwd: fetched });
    if (!existsSync(folder)) renameSync(fetched, folder);
  } finally {
    rmSync(fetched, { recursive: true, force: true });
  }
}

/** The one that tests run on is the one that is packaged. */
function pinnedVersion(name: string): string {
  const packaged = dependencies(join(PINNED, 'package.json'), 'optionalDependencies')[name];
  const tested = dependencies(join(CHECKOUT, 'package.json'), 'devDependencies').node;
  if (packaged !== undefined && packaged === tested) return packaged;
  throw new Error(
    `packaging/runtime/package.json has ${name} ${packaged}, but the tests run on Node ${tested}: make them the same.`,
  );
}

function dependencies(file: string, kind: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(file, 'utf8'))[kind] ?? {};
}
