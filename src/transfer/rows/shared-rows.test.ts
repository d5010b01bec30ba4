import { expect, test } from 'vitest';
import { LargeValue } from '../row-stream/large-value.ts';
import type { Row } from '../row-stream/values.ts';
import { SharedRows } from './shared-rows.ts';

const LARGE = [new LargeValue(2_000_000, undefined)];

/** @param taken what its user has gone on to */
async function* source(all: readonly (readonly Row[])[], taken: (readonly Row[])[]) {
  for (const rows of all) {
    taken.push(rows);
    yield rows;
  }
}

test('each row goes to one of those who share them, and none is lost', async () => {
  const all = Array.from({ length: 50 }, (_, n) => [[n]]);
  const shared = new SharedRows(source(all, []));
  const found: unknown[] = [];
  const take = async (pause: number) => {
    for await (const rows of shared.part()) {
      found.push(...rows.flat());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  await Promise.all([take(0), take(1), take(3)]);
  expect(found.sort((a, b) => Number(a) - Number(b))).toEqual(all.flat(2));
});

test('the source does not go on while somebody reads a large value', async () => {
  const taken: (readonly Row[])[] = [];
  const shared = new SharedRows(source([[LARGE], [[1]], [[2]]], taken));
  const [one, other] = [shared.part(), shared.part()];
  expect((await one.next()).value).toEqual([LARGE]);
  const waiting = other.next();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(taken).toEqual([[LARGE]]);
  expect((await one.next()).done).toBe(false);
  expect((await waiting).done).toBe(false);
  expect(taken).toHaveLength(3);
});

test('nobody waits for one that has failed with a large value in its hands', async () => {
  const shared = new SharedRows(source([[LARGE], [[1]]], []));
  const [one, other] = [shared.part(), shared.part()];
  await one.next();
  const waiting = other.next();
  shared.end();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('a source that fails is told to one, and the other has no more rows', async () => {
  async function* failing(): AsyncGenerator<readonly Row[]> {
    yield [[1]];
    throw new Error('gone');
  }
  const shared = new SharedRows(failing());
  const [one, other] = [shared.part(), shared.part()];
  await one.next();
  await expect(one.next()).rejects.toThrow('gone');
  expect((await other.next()).done).toBe(true);
});
