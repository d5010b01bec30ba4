/** Debian packages of what is prepared, by debhelper. */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { ownCopyright } from './copyright.ts';
import type { PackageOptions } from './options.ts';
import { BUILD, CHECKOUT } from './places.ts';
import { layProgram, startBy } from './program.ts';
import { ownVersion, type Release, settleTimes } from './release.ts';
import { runtimeFor } from './runtime.ts';
import { layShare } from './share.ts';
import { missingTools, run } from './tools.ts';

const TOOLS = { 'dpkg-buildpackage': 'dpkg-dev', dh: 'debhelper', xz: 'xz-utils', make: 'make' };

/** In bytes. */
const LARGEST_PROGRAM = 45_000_000;
const LARGEST_OTHER = 20_000;

export interface Wanted extends Omit<PackageOptions, 'architectures'> {
  readonly architecture: Architecture;
  /** Those that are the same for all architectures as well. */
  readonly all: boolean;
}

/** @returns the .deb files @throws where a tool is missing or a package has become too large */
export async function debianPackages(wanted: Wanted): Promise<string[]> {
  const { architecture, quick, all } = wanted;
  const missing = missingTools(TOOLS);
  if (missing.length > 0) {
    const names = missing.join(' ');
    throw new Error(`Debian packages are built by tools that are not here: apt-get install ${names}`);
  }
  mkdirSync(BUILD, { recursive: true });
  // A folder of its own: two builds may run at once.
  const work = mkdtempSync(join(BUILD, `debian-${architecture}-`));
  try {
    await laySource(join(work, 'source'), wanted);
    // What is in a quick package is what is in the other.
    const env = {
      ...process.env,
      DEB_COMPRESSION: quick ? '-Zgzip -z1' : '-Zxz',
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
    };
    const words = [
      `--build=${all ? 'binary' : 'any'}`,
      `-a${architecture}`,
      '-us',
      '-uc',
      '--no-check-builddeps',
    ];
    run('dpkg-buildpackage', words, { cwd: join(work, 'source'), env });
    return collect(work, wanted);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function laySource(source: string, { architecture, release }: Wanted): Promise<void> {
  mkdirSync(source);
  const runtime = runtimeFor(architecture);
  const libraries = await layProgram(join(source, 'program'), architecture, release, runtime);
  startBy('/usr/lib/multiflexi/node', join(source, 'program'));
  await layShare(join(source, 'share'), release, libraries, runtime);
  layDebian(join(source, 'debian'), join(source, 'share'), release);
  settleTimes(source, release);
}

/** packaging/debian, with the units where debhelper looks for them. */
function layDebian(into: string, share: string, { version }: Release): void {
  cpSync(join(CHECKOUT, 'packaging/debian'), into, { recursive: true });
  const units = join(CHECKOUT, 'packaging/systemd');
  for (const unit of readdirSync(units)) copyFileSync(join(units, unit), join(into, unit));
  const changelog = join(into, 'changelog');
  writeFileSync(changelog, readFileSync(changelog, 'utf8').replace(`(${ownVersion()})`, `(${version})`));
  writeFileSync(join(into, 'copyright'), ownCopyright());
  copyFileSync(join(share, 'doc/multiflexi-cli/copyright'), join(into, 'multiflexi-cli.copyright'));
}

function collect(work: string, { output, quick }: Wanted): string[] {
  mkdirSync(output, { recursive: true });
  return readdirSync(work)
    .filter((name) => name.endsWith('.deb'))
    .sort()
    .map((name) => {
      requireSize(join(work, name), quick);
      copyFileSync(join(work, name), join(output, name));
      return join(output, name);
    });
}

function requireSize(file: string, quick: boolean): void {
  const name = basename(file);
  const hasProgram = name.startsWith('multiflexi-cli_');
  if (hasProgram && quick) return;
  const { size } = statSync(file);
  const limit = hasProgram ? LARGEST_PROGRAM : LARGEST_OTHER;
  if (size > limit) throw new Error(`${name} has ${size} bytes; it may have ${limit}.`);
}
