/** The same program for machines that are not Debian: a folder that can be put anywhere. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { licencesText } from './copyright.ts';
import type { PackageOptions } from './options.ts';
import { BUILD, CHECKOUT } from './places.ts';
import { COMMANDS, layProgram, nodeFlags } from './program.ts';
import { type Release, settleTimes } from './release.ts';
import { runtimeFor } from './runtime.ts';
import { layShare } from './share.ts';
import { missingTools, run } from './tools.ts';

export interface WantedTarball extends Omit<PackageOptions, 'architectures'> {
  readonly architecture: Architecture;
}

/** @returns the file */
export async function tarball({ architecture, release, output, quick }: WantedTarball): Promise<string> {
  const missing = missingTools({ xz: 'xz-utils', tar: 'tar', gzip: 'gzip' });
  if (missing.length > 0)
    throw new Error(`Tarballs take tools that are not here: apt-get install ${missing.join(' ')}`);
  const name = `multiflexi-${release.version}-linux-${architecture}`;
  mkdirSync(BUILD, { recursive: true });
  // A folder of its own: two builds may run at once.
  const work = mkdtempSync(join(BUILD, 'tarball-'));
  try {
    await layFolder(join(work, name), architecture, release);
    settleTimes(work, release);
    mkdirSync(output, { recursive: true });
    const file = join(output, `${name}.tar.${quick ? 'gz' : 'xz'}`);
    // The number of threads stands here because it decides how xz cuts what it compresses.
    const program = quick ? 'gzip -n -1' : 'xz -6 -T2';
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u+rwX,go+rX,go-w'];
    const words = ['--create', '--sort=name', '--format=gnu', `--mtime=@${release.instant}`, ...owner];
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    run('tar', [...words, `--use-compress-program=${program}`, `--file=${file}`, name], { cwd: work, env });
    return file;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function layFolder(root: string, architecture: Architecture, release: Release): Promise<void> {
  mkdirSync(join(root, 'bin'), { recursive: true });
  const runtime = runtimeFor(architecture);
  const libraries = await layProgram(join(root, 'lib/multiflexi'), architecture, release, runtime);
  await layShare(join(root, 'share'), release, libraries, runtime);
  layLaunchers(join(root, 'bin'));
  const doc = join(root, 'share/doc/multiflexi-cli');
  writeFileSync(join(doc, 'licences.txt'), licencesText(libraries));
  copyFileSync(runtime.licence, join(doc, 'licence-of-node.txt'));
  cpSync(join(CHECKOUT, 'packaging/systemd'), join(doc, 'systemd'), { recursive: true });
  for (const file of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(CHECKOUT, file), join(root, file));
}

/** It is not known where the folder will be, so a shell finds the Node beside it; a link to the command works as well. */
function layLaunchers(into: string): void {
  for (const name of COMMANDS) {
    const script = `#!/bin/sh
self=$0
[ ! -L "$self" ] || self=$(readlink -f "$self")
here=\${self%/*}/../lib/multiflexi
exec "$here/node" ${nodeFlags()} "$here/bin/${name}.js" "$@"
`;
    writeFileSync(join(into, name), script);
    chmodSync(join(into, name), 0o755);
  }
}
