/**
 * Builds everything twice, in another folder, later, and with other settings of the shell, and compares the bytes:
 * `npm run package:reproducible [-- --quick]`. Without --quick it takes minutes, as it compresses as releases are.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { BUILD, CHECKOUT } from './packaging/places.ts';

const words = process.argv.slice(2);
const elsewhere = mkdtempSync(join(tmpdir(), 'multiflexi-another-folder-'));
try {
  const [one, other] = [join(BUILD, 'reproducible/one'), join(BUILD, 'reproducible/other')];
  rmSync(join(BUILD, 'reproducible'), { recursive: true, force: true });
  copyCheckout(join(elsewhere, 'a copy'));
  await build(CHECKOUT, one, { umask: '022', TZ: 'UTC', LC_ALL: 'C.UTF-8' });
  await build(join(elsewhere, 'a copy'), other, { umask: '077', TZ: 'Pacific/Auckland', LC_ALL: 'C' });
  compare(one, other);
} finally {
  rmSync(elsewhere, { recursive: true, force: true });
}

/** Without what was built: all of that is made anew there. */
function copyCheckout(into: string): void {
  const left = new Set(['.git', 'build', 'dist', 'node_modules']);
  cpSync(CHECKOUT, into, {
    recursive: true,
    filter: (file) => !(left.has(basename(file)) && join(CHECKOUT, basename(file)) === file),
  });
  // Their contents are the lock file's; npm would fetch the same once more.
  const copied = spawnSync('cp', ['-a', join(CHECKOUT, 'node_modules'), into], { encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(copied.stderr);
}

async function build(
  checkout: string,
  output: string,
  { umask, ...env }: Record<string, string>,
): Promise<void> {
  for (const script of ['package.ts', 'package-tarball.ts']) {
    const line = 'umask "$1"; shift; exec "$@"';
    const command = [process.execPath, join(checkout, 'scripts', script), '--output', output, ...words];
    const { status } = spawnSync('sh', ['-c', line, 'sh', umask ?? '', ...command], {
      cwd: checkout,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) throw new Error(`${script} has failed in ${checkout}.`);
  }
}

function compare(one: string, other: string): void {
  const files = [...new Set([...readdirSync(one), ...readdirSync(other)])].sort();
  for (const file of files) {
    const [a, b] = [digest(join(one, file)), digest(join(other, file))];
    const same = a === b;
    process.stdout.write(`${same ? 'same     ' : 'DIFFERENT'}  ${a}  ${file}\n`);
    if (same) continue;
    process.stderr.write(`To see where: diffoscope ${join(one, file)} ${join(other, file)}\n`);
    process.exitCode = 1;
  }
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
