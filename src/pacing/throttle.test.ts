/** Work is held back for as long as anything presses, and no longer. */
import { expect, test } from 'vitest';
import { type Pressure, type PressureSource, Throttle } from './throttle.ts';

const NEVER = { signals: [], isOver: () => false };
const late: Pressure = { reason: 'replica', whose: 'replica db2', seconds: 9, why: null };

function source(answers: (Pressure | undefined)[], largestTransaction: number | null = null): PressureSource {
  return { largestTransaction, ask: async () => answers.shift() };
}

test('nothing presses: it does not wait, and asks again only after a second', async () => {
  const answers = [undefined, late];
  const throttle = new Throttle([source(answers)], () => {});
  await throttle.wait(NEVER);
  await throttle.wait(NEVER);
  expect([answers.length, throttle.waited]).toEqual([1, 0]);
});

test('any one of several sources holds it back', async () => {
  const answers = [late, undefined];
  const throttle = new Throttle([source([]), source(answers)], () => {});
  await throttle.wait(NEVER);
  expect(answers).toEqual([]);
  expect(throttle.waited).toBeGreaterThan(0);
});

test('the smallest transaction that a source asks for counts', () => {
  expect(new Throttle([source([], 500), source([]), source([], 200)], () => {}).largestTransaction).toBe(200);
  expect(new Throttle([source([])], () => {}).largestTransaction).toBeNull();
});

test('paused, it waits until it is resumed, whatever was asked just before', async () => {
  const throttle = new Throttle([], () => {});
  await throttle.wait(NEVER);
  throttle.pause('an administrator');
  const waits = throttle.wait(NEVER);
  expect(await Promise.race([waits.then(() => 'went on'), Promise.resolve('waits')])).toBe('waits');
  throttle.resume();
  await waits;
  expect(throttle.waited).toBeGreaterThan(0);
});

test('a wait ends with its signal', async () => {
  const throttle = new Throttle([], () => {});
  throttle.pause('an administrator');
  await throttle.wait({ signals: [AbortSignal.timeout(20)], isOver: () => false });
});

test('how long was waited is told by what for', async () => {
  const busy: Pressure = { reason: 'lock-waiters', whose: 'session 7', seconds: null, why: null, count: 1 };
  const throttle = new Throttle([source([late, undefined]), source([busy])], () => {});
  await throttle.wait(NEVER);
  expect([...throttle.waits.keys()]).toEqual(['replica', 'lock-waiters']);
  expect(throttle.waits.get('replica')).toBeGreaterThan(400);
  expect(throttle.waited).toBe([...throttle.waits.values()].reduce((sum, one) => sum + one, 0));
});

test('chunks are as small as the source wants that wants them smallest', () => {
  const share = (part: number): PressureSource => ({ ...source([]), chunkShare: () => part });
  expect(new Throttle([source([]), share(1 / 2), share(1 / 8)], () => {}).chunkShare).toBe(1 / 8);
  expect(new Throttle([source([])], () => {}).chunkShare).toBe(1);
});
