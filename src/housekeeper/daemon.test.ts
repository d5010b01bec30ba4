/** Cycle after cycle: one at a time, a missed one dropped, and an end that waits for the one at work. */
import { expect, test } from 'vitest';
import { runDaemon, scheduleFault } from './daemon.ts';

const EVERY_SECOND = '* * * * * *';

test('a cycle that is due while one is at work is dropped, not made up for', async () => {
  const end = new AbortController();
  let cycles = 0;
  let atOnce = 0;
  let missed = 0;
  await runDaemon({
    schedule: EVERY_SECOND,
    pauseMs: 0,
    signal: end.signal,
    cycle: async () => {
      cycles++;
      expect(++atOnce).toBe(1);
      // Of the ones behind the first, two are missed each time.
      if (cycles > 1) await until(() => missed >= 2 * (cycles - 1));
      atOnce--;
      if (cycles === 3) end.abort();
    },
    onMissed: () => missed++,
    onWaiting: () => {},
  });
  expect([cycles, missed >= 4]).toEqual([3, true]);
});

test('the first begins at once, and the end waits for the one at work', async () => {
  const end = new AbortController();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: mayEnd, resolve: letEnd } = Promise.withResolvers<void>();
  let ended = false;
  const daemon = runDaemon({
    schedule: undefined,
    pauseMs: 3_600_000,
    signal: end.signal,
    cycle: async () => {
      begin();
      await mayEnd;
      ended = true;
    },
    onMissed: () => expect.unreachable(),
    onWaiting: () => {},
  });
  await begun;
  end.abort();
  letEnd();
  await daemon;
  expect(ended).toBe(true);
});

test('between two cycles it says when the next one is due, and ends at once', async () => {
  const end = new AbortController();
  const { promise: told, resolve: tell } = Promise.withResolvers<Date | null>();
  const began = Date.now();
  const daemon = runDaemon({
    schedule: undefined,
    pauseMs: 3_600_000,
    signal: end.signal,
    cycle: async () => {},
    onMissed: () => expect.unreachable(),
    onWaiting: tell,
  });
  const next = (await told)?.getTime() ?? 0;
  expect(Math.abs(next - began - 3_600_000)).toBeLessThan(5_000);
  end.abort();
  await daemon;
});

test.each([['* * * x'], ['61 * * * *'], ['0 0 31 2 *'], ['nonsense']])('%s is no schedule', (text) => {
  expect(scheduleFault(text)).toEqual(expect.any(String));
});

test('five fields are a schedule', () => {
  expect(scheduleFault('15 2-6 * * 1')).toBeUndefined();
});

/** Polled: what it waits for comes from a timer of the daemon's own. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
