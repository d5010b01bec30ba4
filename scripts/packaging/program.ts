/** The program as it is installed: the bundle, what stays outside of it, and the Node that runs it. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from '../bundle.ts';
import { ARCHITECTURES, type Architecture } from './architecture.ts';
import { CHECKOUT } from './places.ts';
import { runtimeFor } from './runtime.ts';

const ADDON = 'node_modules/better-sqlite3';

/**
 * @param into a folder that is not there yet
 * @param version what the program's own package.json says
 */
export async function layProgram(into: string, architecture: Architecture, version: string): Promise<void> {
  mkdirSync(join(into, 'bin'), { recursive: true });
  await bundleProgram(join(into, 'dist'));
  for (const name of ['multiflexi-cli.js', 'multiflexi-housekeeper.js']) {
    cpSync(join(CHECKOUT, 'bin', name), join(into, 'bin', name));
  }
  const about = { name: 'multiflexi-database', version, license: 'MIT', private: true, type: 'module' };
  writeFileSync(join(into, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
  layAddon(into, architecture);
  copyFileSync(runtimeFor(architecture).binary, join(into, 'node'));
  chmodSync(join(into, 'node'), 0o755);
}

/** Of better-sqlite3, what runs: its JavaScript, and the one binary of this architecture. */
function layAddon(into: string, architecture: Architecture): void {
  const from = join(CHECKOUT, ADDON);
  const binary = `prebuilds/linux-${ARCHITECTURES[architecture].node}.node`;
  const { version, main } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  mkdirSync(join(into, ADDON, 'prebuilds'), { recursive: true });
  const about = { name: 'better-sqlite3', version, main, license: 'MIT' };
  writeFileSync(join(into, ADDON, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
  for (const file of [
    'lib/index.js',
    'lib/binding.js',
    'lib/database.js',
    'lib/sqlite-error.js',
    'lib/util.js',
    'lib/methods',
    binary,
  ]) {
    cpSync(join(from, file), join(into, ADDON, file), { recursive: true });
  }
}

/** The kernel starts the packaged Node by itself: a shell between them would cost start-up. */
export function startBy(node: string, programFolder: string): void {
  for (const name of ['multiflexi-cli.js', 'multiflexi-housekeeper.js']) {
    const file = join(programFolder, 'bin', name);
    const [first = '', ...rest] = readFileSync(file, 'utf8').split('\n');
    const flags = /^#!\/usr\/bin\/env -S node (.*)$/.exec(first)?.[1];
    if (flags === undefined) throw new Error(`bin/${name} does not begin as it used to: ${first}`);
    writeFileSync(file, [`#!${node} ${flags}`, ...rest].join('\n'));
    chmodSync(file, 0o755);
  }
}
