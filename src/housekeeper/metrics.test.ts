/** What a collector reads must be valid, with nothing made up: a value that is not known is no sample. */
import { expect, test } from 'vitest';
import type { DutyState } from '../tasks/index.ts';
import { metricsText } from './metrics.ts';

const AT = Date.UTC(2026, 10, 27, 5);
const state = (change: Partial<DutyState>): DutyState => ({
  duty: 'retention',
  endedAt: AT,
  succeededAt: AT,
  outcome: 'done',
  failures: 0,
  unfinished: 0,
  rows: 12,
  bytes: null,
  backlog: 0,
  milliseconds: 1_500,
  error: null,
  note: null,
  position: undefined,
  emptyRun: null,
  ...change,
});

const samples = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('instants are values in seconds, and what is not known is left out', async () => {
  const lines = samples(
    await metricsText([state({}), state({ duty: 'counters', succeededAt: null, failures: 3 })]),
  );
  expect(lines).toContain(
    `multiflexi_housekeeper_last_success_timestamp_seconds{duty="retention"} ${AT / 1_000}`,
  );
  expect(lines).toContain('multiflexi_housekeeper_consecutive_failures{duty="counters"} 3');
  expect(lines).toContain('multiflexi_housekeeper_last_duration_seconds{duty="retention"} 1.5');
  expect(lines.filter((line) => line.includes('last_success') && line.includes('counters'))).toEqual([]);
  expect(lines.filter((line) => line.includes('last_bytes'))).toEqual([]);
});

test('every line is one that the collector takes: a name, the duty, a number, and no timestamp', async () => {
  const text = await metricsText([state({}), state({ duty: 'cycle', backlog: null })]);
  for (const line of samples(text))
    expect(line).toMatch(/^multiflexi_housekeeper_[a-z_]+\{duty="[a-z-]+"\} [0-9.e+-]+$/);
  expect(text).toMatch(/^# TYPE multiflexi_housekeeper_last_success_timestamp_seconds gauge$/m);
  expect(text.endsWith('\n')).toBe(true);
  expect(samples(text).filter((line) => line.includes('behind') && line.includes('cycle'))).toEqual([]);
});
