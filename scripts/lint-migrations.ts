/** `npm run migrations:lint`: what must be so of every migration; says all that is not, and fails. */
import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { offlineDdl, openEngine } from '../src/engines/index.ts';
import type { LedgerSchema } from '../src/migrations/ledger/tables.ts';
import { lintMigrations } from '../src/migrations/lint.ts';
import { compile, type Migration } from '../src/migrations/migration.ts';
import { send } from '../src/migrations/send-step.ts';

const folder = process.argv[2] ?? fileURLToPath(new URL('../src/migrations/versions', import.meta.url));
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
faults.push(...lintMigrations(migrations, await offlineDdl()));
if (faults.length === 0) faults.push(...(await faultsOnSqlite(migrations)));
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;

/** SQLite refuses changes that servers take (a column with a default that is no constant, one that an index has): both ways are run. */
async function faultsOnSqlite(all: readonly Migration[]): Promise<string[]> {
  const engine = await openEngine({ connection: 'sqlite', file: ':memory:' }, 'create');
  try {
    for (const [ways, list] of [
      ['up', all],
      ['down', [...all].reverse()],
    ] as const) {
      for (const migration of list) {
        for (const step of compile(migration, ways, engine.ddl)) {
          const refused = await send(engine, engine.kysely<LedgerSchema>(), step)
            .then(() => undefined)
            .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
          if (refused !== undefined)
            return [`${migration.version} ${migration.name}: ${ways}, ${step.summary}: ${refused}`];
        }
      }
    }
    return [];
  } finally {
    await engine.close();
  }
}
