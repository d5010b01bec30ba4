/** The packages that are built: the same bytes from another folder, what is in them, and that it runs. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { ARCHITECTURES, thisArchitecture } from '../../scripts/packaging/architecture.ts';
import { requireArchitecture } from '../../scripts/packaging/binaries.ts';
import { testWith } from './with-tools.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTES = 60_000;
const BUILD = { 'dpkg-buildpackage': 'dpkg-dev', dh: 'debhelper', xz: 'xz-utils', make: 'make' };

const folder = mkdtempSync(join(tmpdir(), 'multiflexi-packages-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, ...words: string[]): string {
  const ended = spawnSync(process.execPath, [join(CHECKOUT, 'scripts', name), ...words], {
    encoding: 'utf8',
  });
  expect(ended.status, ended.stderr).toBe(0);
  return ended.stdout;
}

/** Started as whoever installed it does, with a home and settings of its own. */
function run(file: string, ...words: string[]): string {
  const env = { PATH: '/usr/bin:/bin', HOME: folder, XDG_DATA_HOME: join(folder, 'data') };
  return execFileSync(file, words, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

const built = join(folder, 'built');
const root = join(folder, 'root');
const inRoot = (path: string) => join(root, path);

testWith(
  BUILD,
  'Debian packages are the same bytes from another folder, at another time',
  () => {
    const said = script('package-reproducible.ts', '--quick', '--debian', '--output', built);
    const control = readFileSync(join(CHECKOUT, 'packaging/debian/control'), 'utf8');
    expect(said.match(/^same /gm)).toHaveLength(control.match(/^Package: /gm)?.length ?? 0);
    expect(said).not.toContain('DIFFERENT');
  },
  10 * MINUTES,
);

testWith(
  BUILD,
  'multiflexi-cli has the program, its Node, man pages, completion, licences and the list of its parts',
  () => {
    const [deb = ''] = readdirSync(built);
    execFileSync('dpkg-deb', ['--extract', join(built, deb), root]);
    expect(readlinkSync(inRoot('usr/bin/multiflexi-cli'))).toBe('../lib/multiflexi/bin/multiflexi-cli.js');
    expect(readlinkSync(inRoot('usr/lib/multiflexi/dist/compile-cache'))).toBe('/var/cache/multiflexi');
    const started = readFileSync(inRoot('usr/bin/multiflexi-cli'), 'utf8').split('\n')[0];
    expect(started).toBe('#!/usr/lib/multiflexi/node --max-semi-space-size=8');
    expect(statSync(inRoot('usr/lib/multiflexi/bin/multiflexi-housekeeper.js')).mode & 0o777).toBe(0o755);
    for (const file of [
      'man/man1/multiflexi-cli.1.gz',
      'man/man1/multiflexi-cli-db-status.1.gz',
      'man/man5/multiflexi.env.5.gz',
      'man/man8/multiflexi-housekeeper.8.gz',
      'bash-completion/completions/multiflexi-cli',
      'zsh/vendor-completions/_multiflexi-cli',
      'fish/vendor_completions.d/multiflexi-cli.fish',
    ])
      expect(statSync(inRoot(`usr/share/${file}`)).size, file).toBeGreaterThan(100);
    const doc = inRoot('usr/share/doc/multiflexi-cli');
    const copyright = readFileSync(join(doc, 'copyright'), 'utf8');
    const parts = JSON.parse(readFileSync(join(doc, 'sbom.cdx.json'), 'utf8')).components.map(
      ({ name }: { name: string }) => name,
    );
    for (const name of ['better-sqlite3', 'commander', 'kysely', 'mysql2', 'pg', 'pino']) {
      expect(copyright).toContain(`Files: node_modules/${name}/*\n`);
      expect(parts).toContain(name);
    }
    expect(parts).toContain('node');
    expect(parts).not.toContain('vitest');
  },
);

testWith(BUILD, 'nothing in a package names the folder it was built in', () => {
  const program = inRoot('usr/lib/multiflexi');
  const files = readdirSync(program, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(?:c?js|json|css)$/.test(name),
  );
  expect(files.length).toBeGreaterThan(50);
  const naming = files.filter((name) => readFileSync(join(program, name), 'utf8').includes(CHECKOUT));
  expect(naming).toEqual([]);
});

testWith(BUILD, 'what is unpacked runs on its own Node', () => {
  const program = inRoot('usr/lib/multiflexi');
  // Where a package is installed, this folder is there.
  rmSync(join(program, 'dist/compile-cache'));
  const start = (...words: string[]) =>
    run(join(program, 'node'), join(program, 'bin/multiflexi-cli.js'), ...words);
  expect(start('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  start('db:migrate');
  expect(start('db:status', '-v')).toContain(' 0 pending');
});

testWith(
  { ...BUILD, lintian: 'lintian' },
  'lintian has nothing to say but what is overridden with a reason',
  () => {
    const debs = readdirSync(built).map((name) => join(built, name));
    // Words in binaries are below a warning, and looking for them in Node's takes a third of the time.
    const unread = ['--dont-check-part', 'binaries/spelling'];
    const words = [...unread, '--fail-on', 'error,warning', '--tag-display-limit', '0', '--allow-root'];
    const ended = spawnSync('lintian', [...words, ...debs], { encoding: 'utf8' });
    expect(ended.stdout + ended.stderr).toBe('');
  },
  10 * MINUTES,
);

testWith(
  { tar: 'tar', gzip: 'gzip' },
  'the tarball runs wherever it is unpacked, also by a link',
  () => {
    script('package-tarball.ts', '--quick', '--as-version', '9.8.7', '--output', join(folder, 'tarball'));
    const [file = ''] = readdirSync(join(folder, 'tarball'));
    const away = join(folder, 'some where');
    mkdirSync(away);
    execFileSync('tar', ['--extract', '--file', join(folder, 'tarball', file)], { cwd: away });
    const [name = ''] = readdirSync(away);
    symlinkSync(join(away, name, 'bin/multiflexi-cli'), join(folder, 'linked'));
    expect(run(join(folder, 'linked'), '--version')).toBe('9.8.7\n');
    run(join(folder, 'linked'), 'db:migrate');
    expect(run(join(away, name, 'bin/multiflexi-cli'), 'db:status')).toContain(' 0 pending');
    expect(run(join(away, name, 'bin/multiflexi-housekeeper'), '--dry-run')).toContain(
      'Nothing was changed.',
    );
  },
  10 * MINUTES,
);

testWith({}, 'a binary of another architecture is not packed', () => {
  const other = thisArchitecture() === 'amd64' ? 'arm64' : 'amd64';
  const prebuilt = (name: string) =>
    join(CHECKOUT, `node_modules/better-sqlite3/prebuilds/linux-${name}.node`);
  requireArchitecture(prebuilt(ARCHITECTURES[other].node), other);
  expect(() => requireArchitecture(process.execPath, other)).toThrow(`is not a binary of ${other}`);
  expect(() => requireArchitecture(join(CHECKOUT, 'package.json'), other)).toThrow('names machine undefined');
});
