/** Debian packages of what is prepared, by debhelper. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { BUILD, CHECKOUT } from './places.ts';
import { layProgram, startBy } from './program.ts';
import { missingTools, run } from './tools.ts';

const TOOLS = {
  'dpkg-buildpackage': 'dpkg-dev',
  dh: 'debhelper',
  xz: 'xz-utils',
  make: 'make',
  perl: 'perl',
};

export interface Wanted {
  readonly architecture: Architecture;
  /** Where the .deb files go. */
  readonly output: string;
  /** Hardly compressed: for tests, in seconds instead of minutes. */
  readonly quick: boolean;
  /** Another version than that of package.json, for tests of upgrades. */
  readonly version: string;
  /** Those for all architectures as well. */
  readonly all: boolean;
}

/** @returns the .deb files */
export async function debianPackages(wanted: Wanted): Promise<string[]> {
  const missing = missingTools(TOOLS);
  if (missing.length > 0) {
    throw new Error(
      `Building Debian packages takes tools that are not here: apt-get install ${missing.join(' ')}`,
    );
  }
  const work = join(BUILD, `debian-${wanted.architecture}`);
  const source = join(work, 'source');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(source, { recursive: true });
  layDebian(join(source, 'debian'), wanted.version);
  await layProgram(join(source, 'program'), wanted.architecture, wanted.version);
  startBy('/usr/lib/multiflexi/node', join(source, 'program'));
  // Only the compression differs: what is in a quick package is what is in the other.
  const env = { ...process.env, DEB_COMPRESSION: wanted.quick ? '-Zgzip -z1' : '-Zxz' };
  const kinds = wanted.all ? 'binary' : 'any';
  run(
    'dpkg-buildpackage',
    [`--build=${kinds}`, `-a${wanted.architecture}`, '-us', '-uc', '--no-check-builddeps'],
    { cwd: source, env },
  );
  return collect(work, wanted.output);
}

/** packaging/debian, with the units where debhelper looks for them. */
function layDebian(into: string, version: string): void {
  cpSync(join(CHECKOUT, 'packaging/debian'), into, { recursive: true });
  const units = join(CHECKOUT, 'packaging/systemd');
  if (existsSync(units)) {
    for (const unit of readdirSync(units)) copyFileSync(join(units, unit), join(into, unit));
  }
  const changelog = join(into, 'changelog');
  writeFileSync(changelog, changelogOf(readFileSync(changelog, 'utf8'), version));
  copyFileSync(join(CHECKOUT, 'LICENSE'), join(into, 'copyright'));
}

function changelogOf(text: string, version: string): string {
  const own = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')).version;
  const first = /^multiflexi-database \((\S+)\)/.exec(text)?.[1];
  if (first !== own)
    throw new Error(`packaging/debian/changelog is at ${first}, package.json at ${own}: make them the same.`);
  return text.replace(`(${own})`, `(${version})`);
}

function collect(work: string, output: string): string[] {
  mkdirSync(output, { recursive: true });
  const debs = readdirSync(work)
    .filter((name) => name.endsWith('.deb'))
    .sort();
  for (const name of debs) {
    copyFileSync(join(work, name), join(output, name));
    statSync(join(output, name));
  }
  return debs.map((name) => join(output, name));
}
