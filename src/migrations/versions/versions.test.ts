import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { modelOf } from '../model-of.ts';
import { MIGRATIONS } from './index.ts';

const THE_FIRST_THIRTEEN = `20160203130652 user
20180208122200 company
20200413063021 applications
20200413150836 app_to_company
20200520140330 run_template
20200520140331 config_registry
20200704143315 logger
20221012185432 token
20221123091933 company_env
20221125095601 job
20241206150119 credential_type
20241209204404 artifacts
20251130113650 credential_prototype`;

test('the first thirteen migrations keep the dates these tables have always had', () => {
  expect(
    MIGRATIONS.slice(0, 13)
      .map(({ version, name }) => `${version} ${name}`)
      .join('\n'),
  ).toBe(THE_FIRST_THIRTEEN);
});

test('every file of the folder is in the list, in order, under its own version and name', () => {
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) => /^\d{14}_/.test(file));
  expect(MIGRATIONS.map(({ version, name }) => `${version}_${name}.ts`)).toEqual(files.sort());
});

test('every foreign key has an index that begins with its column', () => {
  for (const table of modelOf(MIGRATIONS).values()) {
    for (const { name } of table.columns.filter((column) => column.references)) {
      expect(
        table.indexes.map((index) => index.columns[0]),
        `${table.name}.${name}`,
      ).toContain(name);
    }
  }
});
