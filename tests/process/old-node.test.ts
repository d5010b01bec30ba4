/** The launcher starts on the Node of a machine that is too old for the program, and goes on with the checkout's own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/multiflexi-cli.js', import.meta.url));

/** Of the machine, not of the checkout; undefined where it is new enough or there is none. */
function oldNode(): string | undefined {
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(delimiter);
  const { stdout } = spawnSync('sh', ['-c', 'command -v node'], { env: { PATH: path }, encoding: 'utf8' });
  const node = stdout.trim();
  if (node === '') return undefined;
  const major = Number(
    execFileSync(node, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }),
  );
  return major < 22 ? node : undefined;
}

test.runIf(oldNode() !== undefined)(
  'an old Node runs the program by the new one, with its output and exit status',
  () => {
    const run = (...words: string[]) =>
      spawnSync(oldNode() ?? '', [PROGRAM, ...words], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: '/nonexistent' },
      });
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(run('--version')).toMatchObject({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
    expect(run('db:size', '--bogus')).toMatchObject({ status: 64 });
  },
);

test('the launcher imports by name nothing that Node 20 lacks', () => {
  // A static import of a missing name fails before a line of the launcher runs, also where no old Node is at hand.
  const imports = [...readFileSync(PROGRAM, 'utf8').matchAll(/^import\b.*$/gm)].map(([line]) => line);
  expect(imports).toEqual(["import module from 'node:module';"]);
});
