/** Who comes back after a lost connection neither hammers at a server nor waits for one that stays away for ever. */
import { expect, test } from 'vitest';
import { MultiFlexiError } from '../errors.ts';
import { type Persistence, persistently } from './reconnect.ts';

const lost = () => new MultiFlexiError('CONNECTION_LOST', 'lost', { next: 'again' });
/** Its reason is nobody's: rests are over at once, and it goes on. */
const restless = AbortSignal.abort(new Error('no rest'));

/** Loses its connection so many times. @returns which attempts were the first, and how long the rests would have been */
async function coming(times: number, more: Partial<Persistence> = {}, error: () => Error = lost) {
  const attempts: boolean[] = [];
  const rests: number[] = [];
  let failure: unknown;
  await persistently(
    async (first) => {
      attempts.push(first);
      if (attempts.length <= times) throw error();
    },
    {
      signals: [restless],
      lastDone: () => performance.now(),
      goesOn: () => true,
      onLost: (_, rest) => rests.push(rest),
      ...more,
    },
  ).catch((thrown) => {
    failure = thrown;
  });
  return { attempts, rests, failure };
}

test('a server that stays away is asked more and more rarely, and every quarter of a minute in the end', async () => {
  const done = performance.now();
  const { rests, attempts } = await coming(7, { lastDone: () => done });
  expect(rests).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  expect(attempts).toEqual([true, ...Array.from({ length: 7 }, () => false)]);
});

test('after something was done it begins with short rests again', async () => {
  let now = performance.now();
  const { rests } = await coming(4, { lastDone: () => now++ });
  expect(rests).toEqual([500, 500, 500, 500]);
});

test('a server that stays away for more than five minutes is given up', async () => {
  const long = performance.now() - 299_700;
  const { attempts, failure } = await coming(1, { lastDone: () => long });
  expect([attempts, failure]).toEqual([[true], expect.objectContaining({ code: 'CONNECTION_LOST' })]);
});

test('what is no lost connection is not tried again', async () => {
  const refused = new MultiFlexiError('LOGIN_REFUSED', 'no', { next: 'nothing' });
  expect(await coming(1, {}, () => refused)).toEqual({ attempts: [true], rests: [], failure: refused });
});

test('a person who interrupts the rest is told that, not of the connection', async () => {
  const interrupted = new MultiFlexiError('INTERRUPTED', 'by a person', { next: 'again' });
  const { attempts, failure } = await coming(1, { signals: [AbortSignal.abort(interrupted)] });
  expect([attempts, failure]).toEqual([[true], interrupted]);
});

test('a time budget that is over while it rests ends it, with the lost connection', async () => {
  let asked = 0;
  const { attempts, failure } = await coming(1, { goesOn: () => ++asked === 1 });
  expect([attempts, failure]).toEqual([[true], expect.objectContaining({ code: 'CONNECTION_LOST' })]);
});
