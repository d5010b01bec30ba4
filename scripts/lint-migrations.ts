/** `npm run migrations:lint`: what must be so of every migration; says all that is not, and fails. */
import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { offlineDdl } from '../src/engines/index.ts';
import { lintMigrations } from '../src/migrations/lint.ts';
import type { Migration } from '../src/migrations/migration.ts';

const folder = process.argv[2] ?? new URL('../src/migrations/versions', import.meta.url).pathname;
const files = readdirSync(folder)
  .filter((file) => /^\d{14}_.*\.ts$/.test(file))
  .sort();

const migrations: Migration[] = [];
const faults: string[] = [];
for (const file of files) {
  try {
    const { default: loaded } = (await import(pathToFileURL(`${folder}/${file}`).href)) as {
      default: Migration;
    };
    if (file !== `${loaded.version}_${loaded.name}.ts`)
      faults.push(`${file}: it says that it is ${loaded.version} ${loaded.name}`);
    migrations.push(loaded);
  } catch (error) {
    faults.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
faults.push(...lintMigrations(migrations, offlineDdl()));
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
