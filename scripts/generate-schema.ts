/**
 * Writes what follows from the migrations: `src/schema/tables.ts` (types for queries) and `docs/schema.md` (the
 * administrator's page). With `--check` it writes nothing and fails when a file is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type ColumnDefinition, type Ddl, offlineDdl, typeWord } from '../src/engines/index.ts';
import { MIGRATIONS, modelOf, type TableModel } from '../src/migrations/index.ts';
import { compile } from '../src/migrations/migration.ts';

const tables = [...modelOf(MIGRATIONS).values()];

const FILES: Readonly<Record<string, string>> = {
  'src/schema/tables.ts': typescript(),
  'docs/schema.md': markdown(),
  ...Object.fromEntries(
    [...(await offlineDdl())].map(([name, ddl]) => [`docs/schema/${name}.sql`, statements(name, ddl)]),
  ),
};

const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(FILES)) {
  const file = new URL(`../${name}`, import.meta.url);
  if (!check) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${name} is not what the migrations make: run npm run schema:generate\n`);
    process.exitCode = 1;
  }
}

/** Every step that makes the schema of one engine: a change of it, wherever it comes from, is seen here. */
function statements(name: string, ddl: Ddl): string {
  const parts = MIGRATIONS.map((migration) => {
    const steps = compile(migration, 'up', ddl).map(({ sql }) => `${sql};`);
    return `\n-- ${migration.version} ${migration.name}\n${steps.join('\n')}\n`;
  });
  return `-- The schema on ${name}, as the migrations make it. Made by npm run schema:generate; do not edit.\n${parts.join('')}`;
}

function typescript(): string {
  return `/**
 * The tables as the migrations leave them, for typed queries. Made by \`npm run schema:generate\` from
 * src/migrations/versions; do not edit.
 */
import type { Generated } from 'kysely';

${tables.map(typescriptTable).join('\n')}
export interface Database {
${tables.map((table) => `  ${table.name}: ${typeName(table.name)};`).join('\n')}
}
`;
}

function typescriptTable(table: TableModel): string {
  const lines = table.columns.map(
    (column) => `  /** ${column.comment} */\n  ${column.name}: ${typescriptType(column)};`,
  );
  return `/** ${table.comment} */\nexport interface ${typeName(table.name)} {\n${lines.join('\n')}\n}\n`;
}

function typescriptType(column: ColumnDefinition): string {
  const base = column.oneOf
    ? column.oneOf.map((value) => `'${value}'`).join(' | ')
    : {
        bigint: 'bigint',
        integer: 'number',
        boolean: 'boolean',
        string: 'string',
        text: 'string',
        json: 'string',
        datetime: 'string',
        binary: 'Buffer',
      }[column.type.kind];
  const type = column.nullable ? `${base} | null` : base;
  return column.identity || column.default !== undefined ? `Generated<${type}>` : type;
}

function typeName(table: string): string {
  return `${table.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())}Table`;
}

function markdown(): string {
  return `# The tables

What every table and column holds, the same on SQLite, MySQL, MariaDB and PostgreSQL. Times are UTC. On the
servers these words are also in the database, as comments. This page is made by \`npm run schema:generate\`
from \`src/migrations/versions\`, one file a table; do not edit it.

${tables.map((table) => `- [\`${table.name}\`](#${table.name}): ${table.comment}`).join('\n')}

${tables.map(markdownTable).join('\n')}`;
}

function markdownTable(table: TableModel): string {
  const columns = table.columns.map(
    (column) =>
      `| \`${column.name}\` | ${typeWord(column.type)} | ${column.nullable ? '' : 'not null'} | ${defaultWord(column)} | ${column.comment}${referenceWords(column)} |`,
  );
  const indexes = table.indexes.map(
    (index) =>
      `- \`${index.name}\`: ${index.columns.map((name) => `\`${name}\``).join(', ')}${index.unique ? ', unique' : ''}`,
  );
  return `## ${table.name}

${table.comment}.

| column | type | | default | |
|---|---|---|---|---|
${columns.join('\n')}
${indexes.length > 0 ? `\nIndexes:\n\n${indexes.join('\n')}\n` : ''}`;
}

function defaultWord(column: ColumnDefinition): string {
  if (column.identity) return 'counted up';
  if (column.default === undefined) return '';
  return typeof column.default === 'symbol' ? 'now' : `\`${column.default}\``;
}

function referenceWords({ references }: ColumnDefinition): string {
  if (!references) return '';
  const deletion = {
    cascade: 'deleted with it',
    restrict: 'keeps it from being deleted',
    'set null': 'emptied when it is deleted',
  };
  return ` (→ \`${references.table}.${references.column}\`, ${deletion[references.onDelete]})`;
}
