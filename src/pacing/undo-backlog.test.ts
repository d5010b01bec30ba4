/** Old versions are waited for while they pile up, and not for ever. */
import { expect, test } from 'vitest';
import type { Sight, UndoBacklog } from '../engines/index.ts';
import { undoPressure } from './undo-backlog.ts';

const LIMITS = { most: 1_000, growth: 100, waitMs: 60_000 };
const reader: UndoBacklog['oldest'] = {
  visible: true,
  seen: { whose: 'connection 7 (user report at db2)', seconds: 90 },
};

/** Answers with these lengths, one after the other. */
function source(
  lengths: readonly (number | 'unseen' | 'fails')[],
  limits = LIMITS,
  oldest = reader,
  onGivenUp: (waitedMs: number) => void = () => {},
) {
  const left = [...lengths];
  const look = async (): Promise<Sight<UndoBacklog>> => {
    const next = left.shift();
    if (next === undefined || next === 'fails') throw new Error('the server is away');
    if (next === 'unseen') return { visible: false, why: 'as user x lacks a privilege', remedy: null };
    return { visible: true, seen: { transactions: next, oldest } };
  };
  return undoPressure(look, limits, onGivenUp, 0);
}

async function answers(asked: ReturnType<typeof source>, times: number): Promise<(number | undefined)[]> {
  const counts: (number | undefined)[] = [];
  for (let time = 0; time < times; time++) counts.push((await asked.ask())?.count);
  return counts;
}

test('a list that was long before is no matter, one that grows is, until it is short again', async () => {
  expect(await answers(source([900, 950, 1_000, 990, 500, 601, 600]), 7)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    601,
    undefined,
  ]);
});

test('a list that was far too long before the beginning presses as well', async () => {
  expect(await answers(source([1_001, 1_000]), 2)).toEqual([1_001, undefined]);
});

test('what cannot be seen, or asked, is no reason to wait', async () => {
  expect(await answers(source([1_001, 'unseen', 'fails', 1_001]), 4)).toEqual([
    1_001,
    undefined,
    undefined,
    1_001,
  ]);
});

test('whose transaction is the oldest is said, and why not where that cannot be seen', async () => {
  expect(await source([2_000]).ask()).toEqual({
    reason: 'undo-backlog',
    whose: 'connection 7 (user report at db2)',
    seconds: 90,
    why: null,
    count: 2_000,
  });
  const hidden = source([2_000], LIMITS, {
    visible: false,
    why: 'as user x lacks a privilege',
    remedy: null,
  });
  expect(await hidden.ask()).toMatchObject({
    seconds: null,
    why: 'cannot be seen, as user x lacks a privilege',
  });
});

test('after the limit it goes on, says so once, and waits no more', async () => {
  const told: number[] = [];
  const patient = source([2_000, 2_000, 2_000, 2_000], { ...LIMITS, waitMs: 20 }, reader, (ms) =>
    told.push(ms),
  );
  expect(await patient.ask()).toBeDefined();
  const end = performance.now() + 25;
  while (performance.now() < end);
  expect(await answers(patient, 3)).toEqual([undefined, undefined, undefined]);
  expect(told).toEqual([expect.any(Number)]);
  expect(told[0]).toBeGreaterThanOrEqual(20);
});
