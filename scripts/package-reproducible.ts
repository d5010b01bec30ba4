/**
 * Builds everything twice, in another folder, later, and with other settings of the shell, and compares the bytes:
 * `npm run package:reproducible [-- --quick] [--debian] [--output DIR]`. Without --quick it takes minutes, as it compresses as
 * releases are; with --debian it leaves out the tarball. What was built here is left in DIR.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BUILD, CHECKOUT } from './packaging/places.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    debian: { type: 'boolean', default: false },
    output: { type: 'string', default: join(BUILD, 'packages') },
  },
});
const scripts = values.debian ? ['package.ts'] : ['package.ts', 'package-tarball.ts'];
const elsewhere = mkdtempSync(join(tmpdir(), 'multiflexi-another-folder-'));
try {
  const [one, other] = [resolve(values.output), join(elsewhere, 'built')];
  await build(CHECKOUT, one, { umask: '022', TZ: 'UTC', LC_ALL: 'C.UTF-8' });
  copyCheckout(join(elsewhere, 'a copy'));
  await build(join(elsewhere, 'a copy'), other, { umask: '077', TZ: 'Pacific/Auckland', LC_ALL: 'C' });
  compare(one, other);
} finally {
  rmSync(elsewhere, { recursive: true, force: true });
}

/** Without what was built: all of that is made anew there. */
function copyCheckout(into: string): void {
  const left = new Set(['.git', 'build', 'dist', 'node_modules'].map((path) => join(CHECKOUT, path)));
  cpSync(CHECKOUT, into, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !left.has(file),
  });
  // Libraries and Node are the lock files'; npm would fetch the same once more.
  for (const fetched of ['node_modules', 'build/runtime']) copyFetched(fetched, into);
}

/** By second names of the files, which takes no time, where both folders are on one disk. */
function copyFetched(folder: string, copy: string): void {
  const [from, to] = [join(CHECKOUT, folder), join(copy, folder)];
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  if (spawnSync('cp', ['-al', from, to], { stdio: 'ignore' }).status !== 0) {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
  // What tools keep beside them comes and goes.
  rmSync(join(to, '.cache'), { recursive: true, force: true });
}

async function build(
  checkout: string,
  output: string,
  { umask, ...env }: Record<string, string>,
): Promise<void> {
  for (const script of scripts) {
    const line = 'umask "$1"; shift; exec "$@"';
    const quick = values.quick ? ['--quick'] : [];
    const command = [process.execPath, join(checkout, 'scripts', script), '--output', output, ...quick];
    const { status } = spawnSync('sh', ['-c', line, 'sh', umask ?? '', ...command], {
      cwd: checkout,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) throw new Error(`${script} has failed in ${checkout}.`);
  }
}

function compare(one: string, other: string): void {
  // Where it is, there may be others, of builds before.
  const files = readdirSync(other).sort();
  for (const file of files) {
    const [a, b] = [digest(join(one, file)), digest(join(other, file))];
    const same = a === b;
    process.stdout.write(`${same ? 'same     ' : 'DIFFERENT'}  ${a}  ${file}\n`);
    if (same) continue;
    process.exitCode = 1;
    const kept = join(one, `${file}.other`);
    copyFileSync(join(other, file), kept);
    process.stderr.write(`To see where: diffoscope ${join(one, file)} ${kept}\n`);
  }
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
