import { expect, test } from 'vitest';
import { offlineDdl } from '../engines/index.ts';
import { id, nullable, string } from './columns.ts';
import { lintMigrations } from './lint.ts';
import type { Migration } from './migration.ts';
import { addColumn, changeRows, createTable, dropColumn, dropTable } from './operations/index.ts';
import { MIGRATIONS } from './versions/index.ts';

const ddls = await offlineDdl();
const table = createTable('thing', 'things', [id('key')]);
const good: Migration = { version: '20300101000000', name: 'thing', up: [table], down: [dropTable('thing')] };
const faults = (change: Partial<Migration>) => lintMigrations([{ ...good, ...change }], ddls).join('\n');

test('our own migrations have no fault, nor has the one that the tests below spoil', () => {
  expect(lintMigrations(MIGRATIONS, ddls)).toEqual([]);
  expect(faults({})).toBe('');
});

test('a missing way down is seen', () => {
  expect(faults({ down: [] })).toContain('it has no way down');
});

test('a way down that does not lead back is seen', () => {
  const extra = nullable(string('extra', 10, 'more'));
  expect(faults({ up: [table, addColumn('thing', extra)], down: [dropColumn('thing', extra)] })).toContain(
    'up and down again is not the schema before it',
  );
  expect(faults({ up: [addColumn('nowhere', extra)] })).toContain('there is no table nowhere');
});

test('destruction that is not marked as such is seen', () => {
  expect(faults({ up: [table, dropTable('thing')], down: [table, dropTable('thing')] })).toContain(
    'destroys thing without saying why',
  );
});

test('rows that are deleted have to be said to be', () => {
  const forget = changeRows({
    summary: 'forget',
    table: 'thing',
    statement: 'delete from thing',
    counts: ['thing'],
  });
  const add = changeRows({
    summary: 'add',
    table: 'thing',
    statement: 'insert into thing (id) values (1)',
    counts: ['thing'],
  });
  expect(faults({ up: [table, add, forget] })).toContain('it deletes rows of thing without saying why');
  expect(faults({ up: [table, add, forget], destructive: 'nobody reads them' })).toBe('');
  expect(faults({ up: [table, add] })).toBe('');
});

test('a step that is another one on an engine has to say why', () => {
  const statement = {
    sqlite: 'update thing set id = 1',
    mysql: 'update thing set id = 1',
    mariadb: 'update thing set id = 1',
    postgresql: 'update thing set id = 2',
  };
  const change = (differs?: string) =>
    changeRows({ summary: 'set', table: 'thing', statement, ...(differs ? { differs } : {}) });
  expect(faults({ up: [table, change()] })).toContain(
    'operation 2 of up is another one on postgresql, and does not say why',
  );
  expect(faults({ up: [table, change('two is one there')] })).toBe('');
  const onlySomewhere = {
    ...table,
    statements: (ddl: Parameters<typeof table.statements>[0]) =>
      ddl.engine === 'mysql' ? [] : table.statements(ddl, new Set()),
  };
  expect(faults({ up: [onlySomewhere] })).toContain('another one on');
});
