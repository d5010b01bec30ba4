import { expect, test } from 'vitest';
import { readAhead } from './read-ahead.ts';

/** Three items; what it is asked for and how it ends is noted. */
async function* source(noted: string[], failsAt = 0): AsyncGenerator<number> {
  try {
    for (const item of [1, 2, 3]) {
      noted.push(`reads ${item}`);
      await Promise.resolve();
      if (item === failsAt) throw new Error(`no ${item}`);
      yield item;
    }
  } finally {
    noted.push('ended');
  }
}

test('the next item is being read while one is worked on, and only that', async () => {
  const noted: string[] = [];
  for await (const item of readAhead(source(noted))) noted.push(`works on ${item}`);
  expect(noted).toEqual(['reads 1', 'reads 2', 'works on 1', 'reads 3', 'works on 2', 'ended', 'works on 3']);
});

test('what fails to be read fails behind the items before it', async () => {
  const noted: string[] = [];
  const all = async () => {
    for await (const item of readAhead(source(noted, 3))) noted.push(`works on ${item}`);
  };
  await expect(all()).rejects.toThrow('no 3');
  expect(noted).toEqual(['reads 1', 'reads 2', 'works on 1', 'reads 3', 'ended', 'works on 2']);
});

test('nothing is being read any more when the work has failed, and its failure is told', async () => {
  const noted: string[] = [];
  const all = async () => {
    for await (const item of readAhead(source(noted, 2))) throw new Error(`cannot work on ${item}`);
  };
  await expect(all()).rejects.toThrow('cannot work on 1');
  expect(noted).toEqual(['reads 1', 'reads 2', 'ended']);
});
