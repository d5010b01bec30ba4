/** What is asked of binaries that were built elsewhere: for which machine they are, and which libraries they need. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ARCHITECTURES, type Architecture } from './architecture.ts';
import { CHECKOUT } from './places.ts';
import { run } from './tools.ts';

/** @throws where a binary is not of the architecture, which would be noticed when somebody has installed it */
export function requireArchitecture(file: string, architecture: Architecture): void {
  const head = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, head);
  closeSync(descriptor);
  const machine = head.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'))
    ? head.readUInt16LE(18)
    : undefined;
  if (machine === ARCHITECTURES[architecture].elf) return;
  throw new Error(`${basename(file)} is not a binary of ${architecture}: its head names machine ${machine}.`);
}

/**
 * Which version of a library's symbols came with which of its versions in Debian. GLIBC's are the same number; GCC's
 * are numbered on: https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
 */
const GLIBCXX: Readonly<Record<string, number>> = {
  '3.4.29': 11,
  '3.4.30': 12,
  '3.4.31': 13,
  '3.4.32': 13,
  '3.4.33': 14,
};

/** @throws where packaging/debian/control promises that older libraries will do than the binaries need */
export function requireLibraries(files: readonly string[]): void {
  const control = readFileSync(join(CHECKOUT, 'packaging/debian/control'), 'utf8');
  const promised = (name: string) =>
    Number(new RegExp(`${name} \\(>= ([\\d.]+)\\)`).exec(control)?.[1]?.split('.').at(-1));
  for (const file of files) {
    const symbols = run('readelf', ['--version-info', '--wide', file], { cwd: CHECKOUT });
    const libc = newest(symbols, /\bGLIBC_2\.(\d+)/g);
    const cxx = newest(symbols, /\bGLIBCXX_3\.4\.(\d+)/g);
    const gcc = cxx < 29 ? 0 : GLIBCXX[`3.4.${cxx}`];
    if (gcc === undefined)
      throw new Error(
        `${basename(file)} needs GLIBCXX_3.4.${cxx}: add its GCC to scripts/packaging/binaries.ts.`,
      );
    if (libc > promised('libc6'))
      throw new Error(`${basename(file)} needs libc6 (>= 2.${libc}): say so in packaging/debian/control.`);
    if (gcc > promised('libstdc\\+\\+6'))
      throw new Error(`${basename(file)} needs libstdc++6 (>= ${gcc}): say so in packaging/debian/control.`);
  }
}

const newest = (text: string, version: RegExp) =>
  Math.max(0, ...[...text.matchAll(version)].map(([, number]) => Number(number)));
