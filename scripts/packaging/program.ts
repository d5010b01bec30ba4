/** The program as it is installed: the bundle, what stays outside of it, and the Node that runs it. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from '../bundle.ts';
import { ARCHITECTURES, type Architecture } from './architecture.ts';
import { requireArchitecture, requireLibraries } from './binaries.ts';
import { type Library, librariesOf, libraryIn } from './licences.ts';
import { CHECKOUT } from './places.ts';
import type { Release } from './release.ts';
import type { Runtime } from './runtime.ts';

export const COMMANDS = ['multiflexi-cli', 'multiflexi-housekeeper', 'multiflexi-console'] as const;

const ADDON = 'node_modules/better-sqlite3';
/** Of better-sqlite3, what runs. */
const ADDON_FILES = ['index.js', 'binding.js', 'database.js', 'sqlite-error.js', 'util.js', 'methods'];

/**
 * @param into a folder that is not there yet
 * @returns the libraries that are in it
 */
export async function layProgram(
  into: string,
  architecture: Architecture,
  release: Release,
  runtime: Runtime,
): Promise<Library[]> {
  mkdirSync(join(into, 'bin'), { recursive: true });
  const bundled = await bundleProgram(join(into, 'dist'), release.version);
  for (const name of COMMANDS) cpSync(join(CHECKOUT, `bin/${name}.js`), join(into, `bin/${name}.js`));
  putJson(join(into, 'package.json'), {
    name: 'multiflexi-database',
    version: release.version,
    license: 'MIT',
    private: true,
    type: 'module',
  });
  const addon = layAddon(into, architecture);
  const node = join(into, 'node');
  copyFileSync(runtime.binary, node);
  chmodSync(node, 0o755);
  for (const binary of [node, addon]) requireArchitecture(binary, architecture);
  requireLibraries([node, addon]);
  return [...librariesOf(bundled), join(CHECKOUT, ADDON)].map(libraryIn);
}

/** @returns its binary, the one of this architecture */
function layAddon(into: string, architecture: Architecture): string {
  const from = join(CHECKOUT, ADDON);
  const binary = `prebuilds/linux-${ARCHITECTURES[architecture].node}.node`;
  mkdirSync(join(into, ADDON, 'prebuilds'), { recursive: true });
  const { version, main } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  putJson(join(into, ADDON, 'package.json'), { name: 'better-sqlite3', version, main, license: 'MIT' });
  for (const file of [...ADDON_FILES.map((name) => `lib/${name}`), binary]) {
    cpSync(join(from, file), join(into, ADDON, file), { recursive: true });
  }
  return join(into, ADDON, binary);
}

function putJson(file: string, value: object): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** Has the kernel start the packaged Node by itself: a shell between them would cost start-up. @param node where it will be */
export function startBy(node: string, program: string): void {
  for (const name of COMMANDS) {
    const file = join(program, `bin/${name}.js`);
    const [first = '', ...rest] = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, [`#!${node} ${flagsIn(first)}`, ...rest].join('\n'));
    chmodSync(file, 0o755);
  }
}

/** What Node is started with, which stands in the first line of the commands in bin/. */
export function nodeFlags(): string {
  const [first = ''] = readFileSync(join(CHECKOUT, 'bin/multiflexi-cli.js'), 'utf8').split('\n');
  return flagsIn(first);
}

function flagsIn(firstLine: string): string {
  const flags = /^#!\/usr\/bin\/env -S node (.*)$/.exec(firstLine)?.[1];
  if (flags === undefined) throw new Error(`The commands in bin/ do not begin as they used to: ${firstLine}`);
  return flags;
}
