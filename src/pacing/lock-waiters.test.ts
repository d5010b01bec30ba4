/** Those who wait for us make us smaller, then still; a server that does not answer is left alone. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LockWaiters } from '../engines/index.ts';
import { LockWaiterWatch } from './lock-waiters.ts';

const nobody: LockWaiters = { sessions: 0, whose: null };
const somebody: LockWaiters = { sessions: 2, whose: 'session 7' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** After so many looks. */
const looks = (times: number) => vi.advanceTimersByTimeAsync(500 * times);

function watching(look: () => Promise<LockWaiters | undefined>) {
  const told: LockWaiters[] = [];
  const watch = new LockWaiterWatch(look, (waiters) => told.push(waiters));
  watch.begin();
  return { watch, told };
}

test('chunks halve with each look that finds somebody, down to a sixteenth, and it is said once', async () => {
  const { watch, told } = watching(async () => somebody);
  const shares = [watch.chunkShare()];
  for (let time = 0; time < 6; time++) {
    await looks(1);
    shares.push(watch.chunkShare());
  }
  expect(shares).toEqual([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16, 1 / 16]);
  expect(told).toEqual([somebody]);
  await watch.end();
});

test('they grow again only when several looks in a row have found nobody', async () => {
  const found = [somebody, somebody, nobody, nobody, nobody, somebody];
  const { watch } = watching(async () => found.shift() ?? nobody);
  await looks(5);
  expect(watch.chunkShare()).toBe(1 / 4);
  await looks(1 + 3);
  expect(watch.chunkShare()).toBe(1 / 8);
  await looks(1);
  expect(watch.chunkShare()).toBe(1 / 4);
  await looks(8);
  expect(watch.chunkShare()).toBe(1);
  await looks(20);
  expect(watch.chunkShare()).toBe(1);
  await watch.end();
});

test('one look is no reason to rest, two in a row are, until nobody waits', async () => {
  const found = [somebody, somebody];
  const { watch } = watching(async () => found.shift() ?? nobody);
  await looks(1);
  expect(await watch.ask()).toBeUndefined();
  await looks(1);
  expect(await watch.ask()).toEqual({
    reason: 'lock-waiters',
    whose: 'session 7',
    seconds: null,
    why: null,
    count: 2,
  });
  await looks(1);
  expect(await watch.ask()).toBeUndefined();
  await watch.end();
});

test('a rest is over after two seconds, whoever is still seen: between chunks nothing is held', async () => {
  const { watch } = watching(async () => somebody);
  await looks(2);
  expect(await watch.ask()).toBeDefined();
  await looks(3);
  expect(await watch.ask()).toBeDefined();
  await looks(2);
  expect(await watch.ask()).toBeUndefined();
  // Work goes on until it has been seen twice more.
  await looks(1);
  expect(await watch.ask()).toBeUndefined();
  await looks(1);
  expect(await watch.ask()).toBeDefined();
  await watch.end();
});

test('a server that does not answer is asked once and not again, and does not hold up the end', async () => {
  let asked = 0;
  const { watch } = watching(() => {
    asked++;
    return new Promise(() => {});
  });
  await looks(10);
  expect(asked).toBe(1);
  const ended = watch.end();
  await vi.advanceTimersByTimeAsync(2_000);
  await ended;
});

test('a look that fails says nothing, and the next one counts', async () => {
  const found = [() => Promise.reject(new Error('away')), async () => undefined, async () => somebody];
  const { watch } = watching(() => found.shift()?.() ?? Promise.resolve(nobody));
  await looks(2);
  expect(watch.chunkShare()).toBe(1);
  await looks(1);
  expect(watch.chunkShare()).toBe(1 / 2);
  await watch.end();
});

test('after the end nobody is asked', async () => {
  let asked = 0;
  const { watch } = watching(async () => {
    asked++;
    return nobody;
  });
  await looks(2);
  await watch.end();
  await looks(5);
  expect(asked).toBe(2);
});
