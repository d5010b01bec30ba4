/** docs/settings.md says what sessions are set to, and why: what the program's own lists say. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MARIADB_SESSION, MYSQL_SESSION } from '../../src/engines/mysql/session.ts';
import { POSTGRESQL_SESSION } from '../../src/engines/postgresql/session.ts';
import type { SessionSetting } from '../../src/engines/session.ts';

const DOCS = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');

function row({ name, value, keeps, from, before, access, why }: SessionSetting): string {
  const notes = [
    ...(keeps === undefined
      ? []
      : [
          keeps.length === 0
            ? 'if it is not'
            : `unless it is ${keeps.map((word) => `\`${word}\``).join(', ')}`,
        ]),
    ...(from === undefined ? [] : [`from ${from.join('.')} on`]),
    ...(before === undefined ? [] : [`before ${before.join('.')}`]),
    ...(access === undefined
      ? []
      : [access.includes('inspect') ? 'only reading' : access.length > 1 ? 'writing' : 'migrating']),
  ];
  const what = `\`${value.replaceAll(/,\s*/g, ', ')}\`${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
  return `| \`${name}\` | ${what} | ${why} |`;
}

test.for([
  ['MySQL', MYSQL_SESSION],
  ['MariaDB, where it differs', MARIADB_SESSION.filter((setting) => !MYSQL_SESSION.includes(setting))],
  ['PostgreSQL', POSTGRESQL_SESSION],
] as const)('the table of sessions on %s is what is set', ([title, settings]) => {
  const table = `| ${title} | is set to | or else |\n|---|---|---|\n${settings.map(row).join('\n')}\n`;
  expect(DOCS).toContain(table);
});
