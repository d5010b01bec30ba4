import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MultiFlexiError } from '../errors.ts';
import { tryFor, untilUnlocked } from './waiting.ts';

test('a wait for a lock ends with the reason of its signal, and not only at the next try', async () => {
  const interruption = new AbortController();
  let tries = 0;
  const waiting = tryFor({ waitMs: 60_000, signal: interruption.signal }, async () => {
    if (++tries === 1) queueMicrotask(() => setImmediate(() => interruption.abort(new Error('by hand'))));
    return undefined;
  });
  await expect(waiting).rejects.toThrow('by hand');
  expect(tries).toBe(1);
});

test('a signal that has come already ends it, but only after one try', async () => {
  const signal = AbortSignal.abort(new Error('by hand'));
  await expect(tryFor({ waitMs: 60_000, signal }, async () => undefined)).rejects.toThrow('by hand');
  await expect(tryFor({ waitMs: 60_000, signal }, async () => 'taken')).resolves.toBe('taken');
});

test('without a signal it ends when its time is over', async () => {
  const started = performance.now();
  await expect(tryFor({ waitMs: 150 }, async () => void (await sleep(1)))).resolves.toBeUndefined();
  expect(performance.now() - started).toBeGreaterThan(140);
});

test('what a lock refuses is tried again, and the refusal is told when the time is over; another failure at once', async () => {
  let tries = 0;
  const refuse = () => Promise.reject(new MultiFlexiError('LOCK_TIMEOUT', 'taken', { next: 'later' }));
  await untilUnlocked({ waitMs: 60_000 }, () => (++tries === 1 ? refuse() : Promise.resolve()));
  expect(tries).toBe(2);
  await expect(untilUnlocked({ waitMs: 0 }, refuse)).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
  const fail = () => Promise.reject(new Error('other'));
  await expect(untilUnlocked({ waitMs: 60_000 }, fail)).rejects.toThrow('other');
});
