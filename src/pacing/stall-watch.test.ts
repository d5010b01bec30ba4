import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StallWatch } from './stall-watch.ts';

test('a standstill is told again and again, and not while something happens', async () => {
  const told: number[] = [];
  const watch = new StallWatch((ms) => told.push(ms), 40);
  for (let n = 0; n < 10; n++) {
    watch.progressed();
    await sleep(5);
  }
  const before = told.length;
  while (told.length < before + 2) await sleep(5);
  watch.end();
  const [first = 0, second = 0] = told.slice(before);
  expect(first).toBeGreaterThanOrEqual(40);
  expect(second).toBeGreaterThanOrEqual(80);
  const after = told.length;
  await sleep(100);
  expect(told).toHaveLength(after);
});
