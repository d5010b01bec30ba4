/** The packages under test, of two versions: this checkout's, and a newer one that has a further migration. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, fillAtomically } from '../servers/cache.ts';
import { run } from '../servers/command.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = [
  'bin',
  'packaging',
  'scripts',
  'src',
  'LICENSE',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'docs',
  'README.md',
  'CHANGELOG.md',
];
const PATIENCE_MS = 600_000;
const UNUSED_AFTER_MS = 6 * 60 * 60 * 1000;

export const OLD = '1.0.0';
export const NEW = '1.1.0';
/** The migration that only the newer version has. */
export const FURTHER = '20991231235959';

/**
 * The folder with the packages of both versions, as `old/` and `new/`; those of sources that have not changed are kept.
 * MULTIFLEXI_TEST_DEBS names one that is there.
 */
export async function debs(): Promise<string> {
  const named = process.env.MULTIFLEXI_TEST_DEBS;
  if (named !== undefined && named !== '') return named;
  const cache = await cacheFolder();
  const folder = join(cache, `debs-${process.arch}-${fingerprint()}`);
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date());
    return folder;
  }
  removeUnused(cache);
  process.stderr.write(`packages: building two versions into ${folder}\n`);
  await fillAtomically(folder, async (root, scratch) => {
    // Never in the checkout, whose build somebody may be using.
    const copy = join(scratch, 'checkout');
    mkdirSync(copy);
    for (const source of SOURCES)
      if (existsSync(join(CHECKOUT, source)))
        cpSync(join(CHECKOUT, source), join(copy, source), { recursive: true });
    // npm wants it to be there, not elsewhere; second names of its files take no time, where they can be had.
    const modules = [join(CHECKOUT, 'node_modules'), join(copy, 'node_modules')];
    await run(['cp', '-al', ...modules]).catch(async () => {
      rmSync(join(copy, 'node_modules'), { recursive: true, force: true });
      await run(['cp', '-a', ...modules], { timeout: PATIENCE_MS });
    });
    await build(copy, OLD, join(root, 'old'));
    await addMigration(copy);
    await build(copy, NEW, join(root, 'new'));
  });
  return folder;
}

/** Other checkouts may be using theirs at this moment. */
function removeUnused(cache: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (!name.startsWith('debs-') || Date.now() - statSync(path).mtimeMs < UNUSED_AFTER_MS) continue;
    rmSync(path, { recursive: true, force: true });
  }
}

async function build(checkout: string, version: string, output: string): Promise<void> {
  const words = ['--quick', '--as-version', version, '--output', output];
  await run([process.execPath, join(checkout, 'scripts/package.ts'), ...words], {
    timeout: PATIENCE_MS,
    env: { NODE_OPTIONS: '' },
  });
}

/** Two steps, of which the second waits for whoever holds the table `job`. */
async function addMigration(checkout: string): Promise<void> {
  await run([process.execPath, join(checkout, 'scripts/new-migration.ts'), 'further'], {
    env: { NODE_OPTIONS: '' },
  });
  const versions = join(checkout, 'src/migrations/versions');
  const made = readdirSync(versions).find((name) => name.endsWith('_further.ts')) ?? '';
  const index = join(versions, 'index.ts');
  writeFileSync(index, readFileSync(index, 'utf8').replaceAll(made, `${FURTHER}_further.ts`));
  rmSync(join(versions, made));
  writeFileSync(
    join(versions, `${FURTHER}_further.ts`),
    `import { id, nullable, string } from '../columns.ts';
import { migration } from '../migration.ts';
import { addColumn, createTable, dropColumn, dropTable } from '../operations/index.ts';

const column = nullable(string('further', 10, 'Of the newer version alone'));

export default migration({
  version: '${FURTHER}',
  name: 'further',
  up: [
    createTable('further', 'Of the newer version alone', [id('Key of the row')]),
    addColumn('job', column),
  ],
  down: [dropColumn('job', column), dropTable('further')],
});
`,
  );
}

/** Of all that packages are made of. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const add = (path: string) => {
    if (!existsSync(path)) return;
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const file = join(path, entry.name);
      if (entry.isDirectory()) add(file);
      else if (!entry.name.endsWith('.test.ts'))
        hash.update(file.slice(CHECKOUT.length)).update(readFileSync(file));
    }
  };
  for (const folder of ['bin', 'packaging', 'scripts', 'src']) add(join(CHECKOUT, folder));
  for (const file of ['package.json', 'package-lock.json', 'tests/packages/debs.ts'])
    hash.update(readFileSync(join(CHECKOUT, file)));
  return hash.digest('hex').slice(0, 16);
}
