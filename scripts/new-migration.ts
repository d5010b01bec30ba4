/** `npm run migration:new NAME`: a skeleton under the version of this moment, and its line in the list of all. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../src/migrations/versions/', import.meta.url);
const name = process.argv[2] ?? '';

if (!/^[a-z][a-z0-9_]*$/.test(name)) {
  process.stderr.write(
    'Give the migration a name of small letters, digits and underscores: npm run migration:new add_thing\n',
  );
  process.exitCode = 64;
} else {
  const version = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const file = new URL(`${version}_${name}.ts`, FOLDER);
  if (existsSync(file)) throw new Error(`${fileURLToPath(file)} is there already`);
  writeFileSync(file, skeleton(version));
  writeFileSync(new URL('index.ts', FOLDER), list());
  process.stdout.write(
    `src/migrations/versions/${version}_${name}.ts\nWrite it, then: npm run schema:generate\n`,
  );
}

function skeleton(version: string): string {
  return `import { id, string } from '../columns.ts';
import { migration } from '../migration.ts';
import { createTable, dropTable } from '../operations/index.ts';

export default migration({
  version: '${version}',
  name: '${name}',
  up: [
    createTable('${name}', 'What the table holds, for administrators', [
      id('Key of the row'),
      string('name', 255, 'What the column holds'),
    ]),
  ],
  down: [dropTable('${name}')],
});
`;
}

/** The list is made of the files that are there: nothing is in it by hand. */
function list(): string {
  const files = readdirSync(FOLDER)
    .filter((file) => /^\d{14}_.*\.ts$/.test(file))
    .sort();
  const camel = (file: string) =>
    file.slice(15, -3).replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return `/** All migrations, oldest first: one file each, named by version and name. */
import type { Migration } from '../migration.ts';
${files.map((file) => `import ${camel(file)} from './${file}';`).join('\n')}

export const MIGRATIONS: readonly Migration[] = [
${files.map((file) => `  ${camel(file)},`).join('\n')}
];
`;
}
