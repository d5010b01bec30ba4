/** What db:size shows, in which order, how wide, and what it keeps. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SIZE } from '../../src/documents/schemas.ts';
import { type Engine, utc } from '../../src/engines/index.ts';
import { cli } from '../harness/cli.ts';
import { DAY } from '../harness/duty.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

describeEngines('db:size', (name) => {
  let database: TestDatabase;
  let engine: Engine;
  beforeAll(async () => {
    database = await freshDatabase(name);
    for (const words of [['db:migrate'], ['sample:load', '--jobs', '500', '--days', '20']])
      expect((await cli(words, database.environment)).exit).toBe(0);
    engine = await database.open();
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });

  const run = async (...words: string[]) => {
    const done = await cli(['db:size', ...words], database.environment);
    expect([done.exit, done.stderr]).toEqual([0, '']);
    return done.stdout;
  };
  const json = async (...words: string[]) => SIZE.parse(JSON.parse(await run(...words, '-f', 'json')));
  const widest = (text: string) => Math.max(...text.split('\n').map((line) => [...line].length));
  const tableOf = (text: string) => text.split('\n').filter((line) => /^[a-z_]+ /.test(line));

  test('shows the share of each table, the free disk and, for a file, its files', async () => {
    const text = await run();
    expect(text).toMatch(/^artifacts .* <?\d+ %/m);
    expect(text).toMatch(name === 'sqlite' ? /^Free on the disk: \d/m : /^Free on the disk: unknown/m);
    expect(/^Files: .*-wal/m.test(text)).toBe(name === 'sqlite');
    expect(/^Growth/m.test(text)).toBe(false);
    expect(widest(text.replace(/^Files.*$|^.*multiflexi-test-.*$|^.* at .*$/gm, ''))).toBeLessThanOrEqual(
      120,
    );
    expect(widest(tableOf(text).join('\n'))).toBeLessThanOrEqual(100);
  });

  test('sorts and limits the tables', async () => {
    const names = (await json('--sort', 'name')).tables.map((table) => table.table_name);
    expect(names).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)));
    for (const [column, field] of [
      ['rows', 'rows'],
      ['data', 'data_bytes'],
      ['indexes', 'index_bytes'],
      ['total', 'total_bytes'],
      ['free', 'free_bytes'],
    ] as const) {
      const figures = (await json('--sort', column)).tables.map((table) => table[field] ?? -1);
      expect(figures).toEqual(figures.toSorted((a, b) => b - a));
    }
    expect((await json('--limit', '3')).tables).toHaveLength(3);
    expect(tableOf(await run('--limit', '3'))).toHaveLength(3);
    const wrong = await cli(['db:size', '--sort', 'size'], database.environment);
    expect([wrong.exit, wrong.stderr]).toEqual([64, expect.stringMatching(/name, rows, data/)]);
  });

  test('says that growth is unknown before the first sample, and keeps one when it is asked to', async () => {
    expect(await run('--growth')).toMatch(/Growth: unknown, as there are no samples/);
    expect((await json()).growth).toBeNull();
    const taken = await json('--sample');
    expect(taken.sampled).toEqual({ tables: taken.tables.length, left_out: [] });
    const later = await json();
    expect(later.sampled).toBeNull();
    expect(later.growth?.database.changes.map((change) => change.bytes)).toEqual([null, null, null, null]);
  });

  test('shows growth and a forecast in a hundred columns, with gaps as gaps', async () => {
    const tables = await engine.tableNames();
    const now = Date.now();
    // The disk as it is now counts as the newest sample, where it can be seen.
    const free = (await engine.freeDisk()) ?? 50_000_000_000;
    const days = Array.from({ length: 40 }, (_, day) => day + 1).filter((day) => day < 9 || day > 16);
    await engine.bulkLoad({
      table: 'size_sample',
      columns: ['taken_at', 'table_name', 'rows_exact', 'total_bytes', 'disk_free'],
      rows: days.flatMap((day) =>
        ['', ...tables].map((table) => [
          utc(now - day * DAY),
          table,
          false,
          BigInt(2_000_000_000 - day * 20_000_000),
          table === '' ? BigInt(free + day * Math.round(free / 1_000)) : null,
        ]),
      ),
    });
    const text = await run('--growth');
    expect(widest(tableOf(text).join('\n'))).toBeLessThanOrEqual(100);
    expect(text).toMatch(/^Table +Now +1 day +7 days +30 days +Last month +Doubles$/m);
    expect(text).toMatch(/^\(total\) .* [▁▂▃▄▅▆▇█]+·+[▁▂▃▄▅▆▇█]+ /m);
    expect(text).toMatch(/^Disk full: (between|on|not)/m);
    expect(await run()).toMatch(/^Growth: .* in 30 days; disk full .* \(--growth shows tables\)$/m);
    const { growth } = await json();
    expect(growth?.tables.length).toBe(tables.length);
    expect(growth?.disk_full?.earliest).toMatch(/^20\d\d-/);
  });

  test('shows who causes the growth', async () => {
    const text = await run('--by', 'company');
    expect(text).toMatch(/^Company +Jobs +Log entries +Artifacts a job +Growth +Share$/m);
    const { shares } = await json('--by', 'template');
    expect(shares?.owners.length).toBeGreaterThan(3);
    expect(shares?.owners.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 1);
  });
});
