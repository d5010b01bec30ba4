/** No transaction takes more rows or bytes of jobs' children than it should. */
import { expect, test } from 'vitest';
import type { ChildSize, ChildSizes } from '../selection/children.ts';
import { byTransaction, largeJobs, MOST_BYTES, MOST_ROWS } from './large-jobs.ts';

function sizes(
  artifacts: readonly [bigint, ChildSize][],
  logger: readonly [bigint, ChildSize][] = [],
): ChildSizes {
  return { artifacts: new Map(artifacts), logger: new Map(logger) };
}

const small = { rows: 2, bytes: 100 };

test('jobs of usual size go together, in their order', () => {
  expect([...byTransaction([3n, 1n, 2n], sizes([[1n, small]]), new Set())]).toEqual([[3n, 1n, 2n]]);
  expect(largeJobs(sizes([[1n, small]]))).toEqual([]);
});

test('jobs whose bytes are too many for one transaction go in several, none empty', () => {
  const half = { rows: 1, bytes: MOST_BYTES / 2 };
  const most = { rows: 1, bytes: MOST_BYTES };
  expect([
    ...byTransaction(
      [1n, 2n, 3n],
      sizes([
        [1n, half],
        [2n, half],
        [3n, half],
      ]),
      new Set(),
    ),
  ]).toEqual([[1n, 2n], [3n]]);
  expect([...byTransaction([1n, 2n, 3n], sizes([[1n, half]], [[2n, most]]), new Set())]).toEqual([
    [1n],
    [2n, 3n],
  ]);
});

test('a job with very many children, or very large ones, is emptied first', () => {
  const many = { rows: MOST_ROWS + 1, bytes: 10 };
  expect(largeJobs(sizes([], [[1n, many]]))).toEqual([{ table: 'logger', job: 1n, rows: MOST_ROWS }]);
  const large = { rows: 40, bytes: MOST_BYTES * 4 };
  expect(largeJobs(sizes([[2n, large]]))).toEqual([{ table: 'artifacts', job: 2n, rows: 10 }]);
  expect(largeJobs(sizes([[2n, { rows: 1, bytes: MOST_BYTES * 9 }]]))).toEqual([
    { table: 'artifacts', job: 2n, rows: 1 },
  ]);
  const emptied = new Set([1n, 2n]);
  expect([...byTransaction([1n, 2n], sizes([[2n, large]], [[1n, many]]), emptied)]).toEqual([[1n, 2n]]);
});
