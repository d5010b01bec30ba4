/**
 * Bundles the processes that tests start, once a run, as the program is: from the sources each of them would read
 * hundreds of files before it does anything, which takes three times as long as starting it.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
/** In the checkout, where its packages are found. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/tests/', import.meta.url));

/** Each is `<name>-process.ts` in this folder, which tells its words. */
const NAMES = [
  'archiving',
  'holding',
  'housekeeping',
  'importing',
  'interrupted',
  'leasing',
  'locking',
  'migrating',
  'purging',
  'reclaiming',
  'restoring',
  'statement',
  'writing',
] as const;

export type ProcessName = (typeof NAMES)[number];

export async function bundleProcesses(): Promise<{ readonly folder: string; remove(): void }> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'processes-'));
  // Some are run as other users.
  chmodSync(folder, 0o755);
  await build({
    input: Object.fromEntries(NAMES.map((name) => [name, join(FOLDER, `${name}-process.ts`)])),
    platform: 'node',
    external: ['better-sqlite3', 'pino', 'pg-native'],
    output: { dir: folder, format: 'esm', minify: false },
    logLevel: 'warn',
  });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
