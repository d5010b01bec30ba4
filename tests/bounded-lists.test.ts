/** A list in a statement that grows with the data fails at some size on every engine: `engine.among` takes any number. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Lists that cannot grow: a few words of the program itself, as the names of the duties. */
const CONSTANT = /^(?:scope\.statuses|scope\.spared|FINISHED|duties)$/;
const LIST = /'(?:not )?in',\s*([^)\n]+?)\)/g;

function lists(text: string): string[] {
  return [...text.matchAll(LIST)].map(([, list]) => list?.trim() ?? '');
}

test('no statement of the program has a list of values that grows with the data', () => {
  const found = globSync('src/**/*.ts').flatMap((file) =>
    lists(readFileSync(file, 'utf8'))
      .filter((list) => !CONSTANT.test(list))
      .map((list) => `${file}: ${list}`),
  );
  expect(found).toEqual([]);
});

test('a list that grows would be found', () => {
  expect(lists(".where('id', 'in', ids)")).toEqual(['ids']);
  expect(lists("where('job.id', 'not in', [...held])")).toEqual(['[...held]']);
});
