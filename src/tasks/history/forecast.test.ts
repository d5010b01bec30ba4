import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forecast, type PastRun } from './forecast.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 25);

/** Runs that stop before their end, on a backlog that so many rows an hour come to. */
function steady(backlog: number, comes: number, deletes: number, everyHours: number, count: number) {
  const runs: PastRun[] = [];
  let left = backlog;
  for (let n = 0; n < count; n++) {
    const startedAt = START + n * everyHours * HOUR;
    const deleted = Math.min(left, deletes);
    runs.push({
      startedAt,
      finishedAt: startedAt + everyHours * HOUR * 0.1,
      outcome: deleted === left ? 'done' : 'time budget',
      expected: left,
      deleted,
    });
    left += comes * everyHours - deleted;
  }
  return runs;
}

describe('a forecast', () => {
  test('says of a steady run when it comes to its end, or that it never does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 50_000, max: 5_000_000 }),
        fc.integer({ min: 0, max: 2_000 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.constantFrom(1, 2, 24),
        fc.integer({ min: 2, max: 10 }),
        (backlog, comes, deletesPerHour, everyHours, count) => {
          const deletes = deletesPerHour * everyHours;
          const runs = steady(backlog, comes, deletes, everyHours, count);
          if (runs.some(({ outcome }) => outcome === 'done')) return;
          const last = runs.at(-1);
          const found = forecast(runs);
          const left = (last?.expected ?? 0) - deletes;
          expect(found.left).toBe(left);
          expect(found.growsPerHour).toBeCloseTo(comes, 6);
          expect(found.deletedPerHour).toBeCloseTo(deletesPerHour, 6);
          expect(found.grows).toBe(comes >= deletesPerHour);
          const hours = left / (deletesPerHour - comes);
          if (comes >= deletesPerHour || hours > 800_000) {
            if (comes >= deletesPerHour) expect(found.goneAt).toBeNull();
            return;
          }
          // Played on, the runs come to their end within one run of that.
          let [rest, at] = [left, last?.startedAt ?? 0];
          while (rest > 0) {
            at += everyHours * HOUR;
            rest += comes * everyHours - deletes;
          }
          expect(Math.abs(Date.parse(found.goneAt ?? '') - at)).toBeLessThanOrEqual(1.2 * everyHours * HOUR);
        },
      ),
      { numRuns: 300 },
    );
  });

  const run = (hour: number, change: Partial<PastRun> = {}): PastRun => ({
    startedAt: START + hour * HOUR,
    finishedAt: START + hour * HOUR + 1,
    outcome: 'time budget',
    expected: 1_000,
    deleted: 100,
    ...change,
  });
  const nothing = { growsPerHour: null, deletedPerHour: null, goneAt: null, grows: null };

  test('of no run, of a first one, and of one that came to its end says no more than it knows', () => {
    expect(forecast([])).toEqual({ left: 0, ...nothing });
    expect(forecast([run(0)])).toEqual({ left: 900, ...nothing });
    // It expected more than there was: what was restarted or held meanwhile is none of it.
    expect(forecast([run(0), run(1, { outcome: 'done', deleted: 900 })])).toEqual({ left: 0, ...nothing });
  });

  test('knows nothing of a run that was killed, and goes by the others', () => {
    const killed = run(1, { finishedAt: null, outcome: 'running', expected: 950, deleted: 0 });
    expect(forecast([killed, run(2)])).toEqual({ left: 900, ...nothing });
    expect(forecast([run(0), killed, run(2, { expected: 500 })])).toMatchObject({
      left: 400,
      growsPerHour: 50,
      deletedPerHour: 100,
      grows: false,
    });
  });

  test('does not take a run that came to its end for one that can do no more', () => {
    // Each hour 10 rows came and went; then somebody loaded very many.
    const calm = [0, 1, 2].map((hour) => run(hour, { outcome: 'done', expected: 10, deleted: 10 }));
    const flood = [
      run(3, { expected: 100_000, deleted: 5_000 }),
      run(4, { expected: 95_010, deleted: 5_000 }),
    ];
    expect(forecast([...calm, run(3, { expected: 100_000, deleted: 5_000 })])).toEqual({
      left: 95_000,
      ...nothing,
    });
    for (const runs of [flood, [...calm, ...flood]])
      expect(forecast(runs)).toMatchObject({ growsPerHour: 10, deletedPerHour: 5_000, grows: false });
  });

  test('leaves out a run that had counted before the one before it was at its end', () => {
    const waited = run(0, { startedAt: START + 1, finishedAt: START + 2 * HOUR, expected: 990 });
    expect(forecast([run(0, { finishedAt: START + HOUR }), waited])).toEqual({ left: 890, ...nothing });
  });

  test('of a backlog that others make smaller does not become negative', () => {
    expect(forecast([run(0), run(1, { expected: 300 })])).toMatchObject({
      left: 200,
      growsPerHour: 0,
      deletedPerHour: 100,
      goneAt: new Date(START + 3 * HOUR + 1).toISOString(),
    });
  });

  test('of a pace that needs more than a century names no day', () => {
    expect(
      forecast([run(0, { expected: 1e12, deleted: 1 }), run(1, { expected: 1e12 - 1, deleted: 1 })]),
    ).toMatchObject({ goneAt: null, grows: false });
  });
});
