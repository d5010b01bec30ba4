/** Growth is told by samples: where they are missing it is unknown, never zero, and a forecast is a range. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, utc } from '../../src/engines/index.ts';
import { instantsQuery, readHistory, rowsQuery } from '../../src/maintenance/growth/history.ts';
import { jobCounts, logCounts } from '../../src/maintenance/growth/shares.ts';
import { ownerShares, readGrowth, readWholeGrowth } from '../../src/maintenance/index.ts';
import { DAY, HOUR_MS } from '../harness/duty.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { explained } from '../harness/explained.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';

const NOW = Date.UTC(2026, 10, 27, 6, 30);
const MB = 1_000_000;

describeEngines('growth', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
  });
  afterEach(() => database.drop());

  interface Sampled {
    readonly at: number;
    readonly sizes: Readonly<Record<string, number>>;
    readonly diskFree?: number | null;
  }

  async function haveSamples(samples: readonly Sampled[]): Promise<void> {
    await engine.bulkLoad({
      table: 'size_sample',
      columns: ['taken_at', 'table_name', 'rows_exact', 'row_count', 'total_bytes', 'disk_free'],
      rows: samples.flatMap(({ at, sizes, diskFree }) =>
        Object.entries(sizes).map(([table, bytes]) => [
          utc(at),
          table,
          false,
          table === '' ? null : BigInt(Math.round(bytes / 100)),
          BigInt(bytes),
          table === '' && diskFree ? BigInt(diskFree) : null,
        ]),
      ),
    });
  }

  /** Hour by hour; `job` grows by a megabyte a day, `logger` stands still. */
  const hour = (hoursAgo: number, disk: number | null = null): Sampled => {
    const job = 100 * MB - (hoursAgo * MB) / 24;
    const sizes = { '': job + 60 * MB, job: Math.round(job), logger: 50 * MB };
    sizes[''] = Math.round(sizes['']);
    return { at: NOW - hoursAgo * HOUR_MS, sizes, diskFree: disk && disk + Math.round((hoursAgo * MB) / 24) };
  };
  const of = async (table: string, now = NOW) => {
    const growth = await readGrowth(engine, null, null, now);
    return table === '' ? growth?.whole : growth?.tables.find((each) => each.name === table);
  };
  const bytesOf = (changes: readonly { bytes: number | null }[] | undefined) =>
    changes?.map(({ bytes }) => bytes);

  test('is null before the first sample, and in a database without the table of samples', async () => {
    expect(await readGrowth(engine, await engine.sizes(), null, NOW)).toBeNull();
  });

  test('of a week with gaps is known where there are samples, and unknown where there are none', async () => {
    // The housekeeper stood still for two days, and in the night before last.
    const stood = (h: number) => (h > 60 && h < 108) || (h > 20 && h < 30);
    await haveSamples(
      Array.from({ length: 7 * 24 + 1 }, (_, h) => h)
        .filter((h) => !stood(h))
        .map((h) => hour(h)),
    );
    const job = await of('job');
    expect(bytesOf(job?.changes)).toEqual([null, 7 * MB, null, null]);
    expect(job?.changes[1]?.rows).toBe((7 * MB) / 100);
    expect(bytesOf((await of('logger'))?.changes)).toEqual([null, 0, null, null]);
    expect(job?.daily.slice(0, 22)).toEqual(Array.from({ length: 22 }, () => null));
    expect(job?.daily.slice(22).map((bytes) => bytes !== null)).toEqual([
      ...[true, true, true, false, true, true, true, true],
    ]);
    expect(job?.rate).toMatchObject({ samples: 7, days: 7 });
    expect(job?.rate?.perDay).toBeCloseTo(MB, -2);
    const growth = await readGrowth(engine, null, null, NOW);
    expect([growth?.newest, growth?.oldest]).toEqual([utc(NOW), utc(NOW - 7 * DAY)]);
    // A day later nothing has been sampled: today is unknown, and so is each change.
    expect(bytesOf((await of('job', NOW + DAY))?.changes)).toEqual([null, null, null, null]);
  });

  test('is foretold as a range: when a table doubles, and when the disk is full', async () => {
    const disk = 30 * MB;
    await haveSamples(Array.from({ length: 40 }, (_, day) => hour(day * 24, disk)));
    const growth = await readGrowth(engine, null, disk, NOW);
    const [job] = growth?.tables ?? [];
    expect([job?.name, bytesOf(job?.changes)]).toEqual(['job', [MB, 7 * MB, 30 * MB, null]]);
    expect(job?.rate?.perDay).toBeCloseTo(MB, -2);
    for (const end of [job?.doubles?.earliest, job?.doubles?.latest])
      expect(Math.abs((end ?? 0) - (NOW + 100 * DAY)) / DAY).toBeLessThan(1);
    for (const end of [growth?.diskFull?.earliest, growth?.diskFull?.latest])
      expect(Math.abs((end ?? 0) - (NOW + 30 * DAY)) / DAY).toBeLessThan(1);
    const logger = growth?.tables.find((each) => each.name === 'logger');
    expect(logger?.doubles).toEqual({ earliest: null, latest: null });
  });

  test('of a year follows from the sample of then, and leaves the forecast to what grows now', async () => {
    const then = { at: NOW - 366 * DAY, sizes: { '': 9 * MB, job: 4 * MB, gone: MB }, diskFree: 900 * MB };
    await haveSamples([then, ...Array.from({ length: 40 }, (_, day) => hour(day * 24, 30 * MB))]);
    const growth = await readGrowth(engine, null, 30 * MB, NOW);
    const [job] = growth?.tables ?? [];
    expect(bytesOf(job?.changes)).toEqual([MB, 7 * MB, 30 * MB, 96 * MB]);
    expect(job?.rate).toMatchObject({ samples: 40, days: 39 });
    expect(growth?.tables.map((table) => table.name)).not.toContain('gone');
    expect(bytesOf(growth?.whole.changes)?.at(-1)).toBe(151 * MB);
    expect([growth?.year.length, growth?.year.filter((bytes) => bytes !== null).length]).toEqual([365, 40]);
    for (const end of [growth?.diskFull?.earliest, growth?.diskFull?.latest])
      expect(Math.abs((end ?? 0) - (NOW + 30 * DAY)) / DAY).toBeLessThan(1);
  });

  test('of the database as a whole is the same without the samples of its tables', async () => {
    const disk = 30 * MB;
    const agree = async (diskFree: number | null, now = NOW) => {
      const growth = await readGrowth(engine, null, diskFree, now);
      expect(await readWholeGrowth(engine, diskFree, now)).toEqual({
        rate: growth?.whole.rate ?? null,
        diskFull: growth?.diskFull ?? null,
      });
      return growth;
    };
    expect(await agree(disk)).toBeNull();
    // Three a day for a while, one a day before, a gap, and what is too old to say how it grows now.
    const hours = Array.from({ length: 70 * 24 }, (_, h) => h).filter(
      (h) => (h < 10 * 24 && h % 8 === 3) || (h % 24 === 0 && h !== 15 * 24),
    );
    const then = { at: NOW - 366 * DAY, sizes: { '': 900 * MB, job: 4 * MB }, diskFree: 900 * MB };
    const tomorrow = { at: NOW + 30 * DAY, sizes: { '': 900 * MB }, diskFree: MB };
    await haveSamples([then, ...hours.map((h) => hour(h, disk)), tomorrow]);
    expect((await agree(disk))?.whole.rate?.samples).toBe(69);
    await agree(null);
    await agree(disk, NOW + 20 * DAY);
    await agree(disk, NOW + 365 * DAY);
  });

  test('of a disk that nobody sees is unknown with the reason', async () => {
    await haveSamples(Array.from({ length: 40 }, (_, day) => hour(day * 24)));
    expect(await readGrowth(engine, null, null, NOW)).toMatchObject({
      diskFull: null,
      diskFullUnknown: 'disk unseen',
    });
    expect((await readGrowth(engine, null, 5 * MB, NOW))?.diskFullUnknown).toBe('few samples');
  });

  test('takes the sizes of now for the newest sample, and leaves out tables that are gone', async () => {
    await haveSamples([
      { at: NOW - DAY, sizes: { '': MB, job: 10, gone: 7 } },
      { at: NOW - HOUR_MS, sizes: { '': MB, job: 20 } },
    ]);
    const size = await engine.sizes();
    const growth = await readGrowth(engine, size, null, NOW);
    const now = size.tables.find((table) => table.name === 'job')?.totalBytes ?? 0;
    expect(growth?.tables.map((each) => [each.name, each.changes[0]?.bytes])).toEqual([['job', now - 10]]);
  });

  test('does not count samples of a clock that was in the future', async () => {
    await haveSamples([hour(0), { at: NOW + 30 * DAY, sizes: { '': 9 * MB, job: 9 * MB } }]);
    expect((await of('job'))?.bytes).toBe(100 * MB);
  });

  test('reads a hundred samples at most, through indexes', async () => {
    const hours = Array.from({ length: 100 * 24 }, (_, h) => h).filter((h) => h < 14 * 24 || h % 24 === 0);
    const others = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`other_${n}`, MB]));
    await haveSamples(
      hours.map((h) => hour(h)).map(({ at, sizes }) => ({ at, sizes: { ...sizes, ...others } })),
    );
    await engine.analyze('size_sample');
    const { series } = await readHistory(engine, NOW);
    expect(series.get('job')?.length).toBeLessThanOrEqual(100);
    expect(series.get('job')?.length).toBeGreaterThan(88);
    await expectSearch(instantsQuery(engine, NOW), /ix_size_sample_table_name/);
    const plan = rowsQuery(engine, [
      { id: 1n, at: NOW },
      { id: 4n, at: NOW },
    ]);
    await expectSearch(plan, /ix_size_sample_taken_at/);
  });

  test('is shared out among those whose jobs and log entries it is', async () => {
    await makeCompany(engine);
    const minutes = (NOW - Date.UTC(2026, 0, 1)) / 60_000;
    const job = (id: number, company: bigint, age: number, artifacts = 1) => ({
      id: BigInt(id),
      status: 'ok' as const,
      minute: minutes - age * 1440,
      artifacts,
      logs: 1,
      template: company === 1n ? 1n : 3n,
    });
    await makeHistory(
      engine,
      [
        ...Array.from({ length: 30 }, (_, n) => job(n + 1, 1n, (n % 20) + 1)),
        ...Array.from({ length: 10 }, (_, n) => job(n + 100, 2n, 3)),
        // Too old to be of this month.
        ...Array.from({ length: 50 }, (_, n) => job(n + 200, 2n, 40)),
      ],
      [],
    );
    await engine.analyze('job');
    await engine.analyze('artifacts');
    const size = await engine.sizes();
    const byCompany = await ownerShares(engine, 'company', size, NOW);
    expect(
      byCompany.owners.map(({ id, name: company, jobs, logEntries }) => [id, company, jobs, logEntries]),
    ).toEqual([
      [1n, 'Acme', 30, 30],
      [2n, 'Other', 10, 10],
    ]);
    const [acme, other] = byCompany.owners;
    expect((acme?.share ?? 0) + (other?.share ?? 0)).toBeCloseTo(1);
    expect(acme?.share).toBeGreaterThan(0.6);
    expect(acme?.artifactBytesPerJob).toBeGreaterThan(0);
    const byTemplate = await ownerShares(engine, 'template', size, NOW);
    expect(byTemplate.owners.map(({ id, jobs, logEntries }) => [id, jobs, logEntries])).toEqual([
      [1n, 30, null],
      [3n, 10, null],
    ]);
  });

  test('is shared out by indexes alone', async () => {
    await makeCompany(engine);
    const jobs = Array.from({ length: 5_000 }, (_, n) => ({
      id: BigInt(n + 1),
      status: 'ok' as const,
      minute: n * 60,
      artifacts: 0,
      logs: 2,
    }));
    await makeHistory(engine, jobs, []);
    await engine.analyze('job');
    await engine.analyze('logger');
    const since = utc(Date.UTC(2026, 0, 200));
    await expectSearch(jobCounts(engine, 'company', [2n], since), /ix_job_company_id/);
    await expectSearch(jobCounts(engine, 'template', [2n], since), /ix_job_run_template_id/);
    await expectSearch(logCounts(engine, [2n], since), /ix_logger_company_id/);
  });

  /** No table is read as a whole; a list of ids may be. */
  async function expectSearch(query: Parameters<typeof explained>[1], index: RegExp): Promise<void> {
    const plan = await explained(engine, query);
    expect(plan).toMatch(index);
    expect(plan).not.toMatch(
      /Seq Scan|"access_type": "ALL"|Table scan on (?!<)|SCAN (each|whole|job|logger|size_sample)/,
    );
  }
});
