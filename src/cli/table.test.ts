import { expect, test } from 'vitest';
import { textTable } from './table.ts';

const lines = (...all: string[]) => all.join('\n');

test('columns are as wide as their widest cell, numbers stand to the right, and no line ends in spaces', () => {
  const columns = [{ title: 'Table' }, { title: 'Rows', align: 'right' as const }, { title: 'Note' }];
  expect(
    textTable(columns, [
      ['job', '1,234', ''],
      ['artifacts', '7', 'new'],
    ]),
  ).toBe(lines('Table       Rows  Note', 'job        1,234', 'artifacts      7  new'));
});

test('characters of two columns, and colours, which take none, move nothing', () => {
  const columns = [{ title: 'Name' }, { title: 'Id' }];
  const rows = [
    ['漢字', '1'],
    ['žluťoučký', '2'],
    ['\u001b[32mup\u001b[39m', '3'],
  ];
  expect(textTable(columns, rows)).toBe(
    lines('Name       Id', '漢字       1', 'žluťoučký  2', '\u001b[32mup\u001b[39m         3'),
  );
});

test('a cell of several lines keeps its column', () => {
  expect(textTable([{ title: 'A' }, { title: 'B' }], [['one\nand two', 'x']])).toBe(
    lines('A        B', 'one      x', 'and two'),
  );
});

test('a table without rows is its head, and a column of nothing is one character wide', () => {
  expect(textTable([{ title: 'A' }, { title: 'B' }], [])).toBe('A  B');
  expect(textTable([{ title: '' }, { title: 'B' }], [['', 'x']])).toBe(lines('   B', '   x'));
});
