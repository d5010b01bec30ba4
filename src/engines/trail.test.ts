import { expect, test } from 'vitest';
import { Trail } from './trail.ts';

const trail = () => new Trail<number>((a, b) => a - b);

test('a replica that does not move falls behind by the clock, from what it lacks first', () => {
  const log = trail();
  log.note(10, 0);
  log.note(20, 1_000);
  log.note(30, 2_000);
  expect([
    log.behind(10, 5_000),
    log.behind(20, 5_000),
    log.behind(25, 5_000),
    log.behind(30, 5_000),
  ]).toEqual([4, 3, 3, 0]);
});

test('a log that stands still makes nobody late', () => {
  const log = trail();
  for (let at = 0; at < 10; at++) log.note(10, at * 1_000);
  expect(log.behind(10, 60_000)).toBe(0);
  log.note(11, 60_000);
  expect(log.behind(10, 61_000)).toBe(1);
});

test('whoever was behind already when the trail began is not taken for nearly caught up', () => {
  const log = trail();
  log.note(10, 0);
  expect(log.behind(9, 0)).toBeNull();
  log.note(20, 1_000);
  expect([log.behind(9, 5_000), log.behind(10, 5_000)]).toEqual([null, 4]);
});

test('a wait of days fills no memory, and is told by a hundredth', () => {
  const log = trail();
  for (let second = 0; second < 200_000; second++) log.note(second, second * 1_000);
  for (const position of [199_990, 199_000, 100_000, 1_000]) {
    const lag = log.behind(position, 200_000_000) ?? 0;
    expect(lag).toBeLessThan(200_000 - position);
    expect(lag).toBeGreaterThan((199_998 - position) * 0.98);
  }
  expect(JSON.stringify(log).length).toBeLessThan(200_000);
  expect(log.behind(-1, 200_000_000)).toBeNull();
});
