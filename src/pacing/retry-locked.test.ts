/** What another session's lock hinders is tried again; what anything else hinders is not. */
import { expect, test } from 'vitest';
import { type ErrorCode, MultiFlexiError } from '../errors.ts';
import { patiently } from './retry-locked.ts';

const refusal = (code: ErrorCode) => new MultiFlexiError(code, 'refused', { next: 'nothing' });

function failing(...codes: readonly ErrorCode[]): () => Promise<string> {
  const left = [...codes];
  return async () => {
    const code = left.shift();
    if (code !== undefined) throw refusal(code);
    return 'done';
  };
}

test('a lock and a deadlock are waited out, and each rest is told to who wants to know', async () => {
  let rests = 0;
  const signals = [undefined, new AbortController().signal];
  expect(await patiently(failing('LOCK_TIMEOUT', 'DEADLOCK'), { signals, onWait: () => rests++ })).toBe(
    'done',
  );
  expect(rests).toBe(2);
  expect(await patiently(failing('LOCK_TIMEOUT'), { signals })).toBe('done');
});

test('another failure is passed on at once', async () => {
  const attempt = failing('CONSTRAINT');
  await expect(patiently(attempt, { signals: [] })).rejects.toMatchObject({ code: 'CONSTRAINT' });
  expect(await attempt()).toBe('done');
});

test('it ends with its patience by the last failure, and with a signal by its reason', async () => {
  const always = async () => {
    throw refusal('LOCK_TIMEOUT');
  };
  await expect(patiently(always, { signals: [], patienceMs: 100 })).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
  });
  const interruption = new AbortController();
  const waiting = patiently(always, {
    signals: [interruption.signal],
    onWait: () => interruption.abort('why'),
  });
  await expect(waiting).rejects.toBe('why');
});
