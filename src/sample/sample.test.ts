/** The rows of a sample, taken from the generators by an engine that only keeps them: no database is needed. */
import { describe, expect, test } from 'vitest';
import type { BulkLoad, BulkValue, Engine } from '../engines/index.ts';
import { MIGRATIONS, modelOf } from '../migrations/index.ts';
import { type FirstIds, SAMPLE_TABLES, type SampleTableName } from './first-ids.ts';
import { history } from './history.ts';
import { load, type SampleProgress } from './load.ts';

type SampleRow = Readonly<Record<string, BulkValue>>;
type Filled = ReadonlyMap<string, readonly SampleRow[]>;

const UNTIL = Date.UTC(2026, 5, 1, 12);
const UNTIL_TEXT = '2026-06-01 12:00:00.000000';

/** Keeps what it is given. Only `bulkLoad` is there: the load itself asks for nothing else. */
function keeper(): { readonly engine: Engine; readonly filled: Map<string, SampleRow[]> } {
  const filled = new Map<string, SampleRow[]>();
  const bulkLoad = async ({ table, columns, rows, onProgress }: BulkLoad): Promise<number> => {
    const kept = filled.get(table) ?? [];
    const before = kept.length;
    if (Symbol.asyncIterator in rows) throw new Error('a sample comes row by row');
    for (const row of rows) {
      expect(row).toHaveLength(columns.length);
      kept.push(Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])));
    }
    filled.set(table, kept);
    onProgress?.(kept.length - before);
    return kept.length - before;
  };
  return { engine: { bulkLoad } as unknown as Engine, filled };
}

function startingAt(id: number): FirstIds {
  return Object.fromEntries(SAMPLE_TABLES.map((table) => [table, id])) as Record<SampleTableName, number>;
}

async function sample(
  options: {
    readonly jobs?: number;
    readonly days?: number;
    readonly seed?: number;
    readonly firstId?: number;
  } = {},
): Promise<Filled> {
  const { jobs = 6_000, days = 90, seed = 1, firstId = 1 } = options;
  const { engine, filled } = keeper();
  await load(engine, history({ jobs, days, seed, until: UNTIL }), startingAt(firstId), {});
  return filled;
}

function rowsOf(filled: Filled, table: SampleTableName): readonly SampleRow[] {
  return filled.get(table) ?? [];
}

const large = await sample();

describe('the same options', () => {
  test('give the same rows each time', async () => {
    expect(await sample({ jobs: 300 })).toEqual(await sample({ jobs: 300 }));
  });

  test('but for the seed, give others', async () => {
    const [one, other] = [await sample({ jobs: 300 }), await sample({ jobs: 300, seed: 2 })];
    for (const table of SAMPLE_TABLES) expect(rowsOf(one, table)).not.toEqual(rowsOf(other, table));
  });

  test('but for the first id, give no value that must be unique again', async () => {
    const [one, other] = [await sample({ jobs: 300 }), await sample({ jobs: 300, firstId: 900 })];
    const unique: readonly (readonly [SampleTableName, string])[] = [
      ['user', 'login'],
      ['token', 'token'],
      ['applications', 'uuid'],
      ['company', 'slug'],
      ['credential_prototype', 'uuid'],
      ['credential_prototype', 'code'],
      ['credential_type', 'uuid'],
    ];
    for (const [table, column] of unique) {
      const values = [...rowsOf(one, table), ...rowsOf(other, table)].map((row) => row[column]);
      expect(new Set(values).size).toBe(values.length);
    }
  });
});

describe('every row', () => {
  test('fits the schema: its columns, their types and their lengths', () => {
    const model = modelOf(MIGRATIONS);
    for (const [table, rows] of large) {
      const columns = new Map(model.get(table)?.columns.map((column) => [column.name, column]));
      const faults = rows.flatMap((row) =>
        Object.entries(row).flatMap(([name, value]) => {
          const column = columns.get(name);
          if (!column) return [`${table}.${name} is unknown`];
          if (value === null) return column.nullable ? [] : [`${table}.${name} is null`];
          const { type } = column;
          const text = String(value);
          const fits =
            (type.kind !== 'string' || [...text].length <= type.length) &&
            (type.kind !== 'datetime' || /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/.test(text)) &&
            (type.kind !== 'json' || typeof JSON.parse(text) === 'object') &&
            (type.kind !== 'integer' || Number.isInteger(value)) &&
            (column.oneOf?.includes(text) ?? true);
          return fits ? [] : [`${table}.${name}: ${text}`];
        }),
      );
      expect(faults).toEqual([]);
    }
  });

  test('refers to rows that are there, and unique columns are unique', () => {
    const model = modelOf(MIGRATIONS);
    for (const [table, rows] of large) {
      for (const { name, references } of model.get(table)?.columns ?? []) {
        if (!references) continue;
        const ids = new Set(large.get(references.table)?.map(({ id }) => id));
        expect(rows.filter((row) => row[name] != null && !ids.has(row[name] ?? null))).toEqual([]);
      }
      for (const { unique, columns } of model.get(table)?.indexes ?? []) {
        const keys = new Set(rows.map((row) => JSON.stringify(columns.map((column) => row[column]))));
        if (unique) expect(keys.size).toBe(rows.length);
      }
    }
  });

  test('has the id after that of the row before it', () => {
    for (const [, rows] of large) {
      expect(rows.map(({ id }) => id)).toEqual(Array.from(rows.keys(), (index) => index + 1));
    }
  });
});

describe('jobs', () => {
  const jobs = rowsOf(large, 'job');

  test('are as many as was asked for, in the order of their creation, within the history', () => {
    expect(jobs).toHaveLength(6_000);
    const created = jobs.map(({ DatCreate }) => String(DatCreate));
    expect(created).toEqual(created.toSorted());
    expect(created[0]?.slice(0, 10)).toBe('2026-03-03');
    expect((created.at(-1) ?? '') <= UNTIL_TEXT).toBe(true);
  });

  test('end as jobs do: nearly nine in ten well, one in eleven not, few canceled', () => {
    const part = (status: string) => jobs.filter((job) => job.status === status).length / jobs.length;
    expect(part('ok')).toBeCloseTo(0.88, 1);
    expect(part('failed')).toBeCloseTo(0.09, 1);
    expect(part('canceled')).toBeGreaterThan(0.01);
    expect(part('canceled')).toBeLessThan(0.03);
  });

  test('are scheduled, begun and ended in that order, as their status says', () => {
    for (const job of jobs) {
      const [schedule, begin, end] = [job.schedule, job.begin, job.end].map(
        (value) => value && String(value),
      );
      expect((schedule ?? '') >= String(job.DatCreate)).toBe(true);
      if (begin) expect(begin >= (schedule ?? '')).toBe(true);
      if (end) expect(end >= (begin ?? '') && end <= UNTIL_TEXT).toBe(true);
      expect(job.pid === null).toBe(begin === null);
      if (job.status === 'ok') expect([job.exitcode, end === null]).toEqual([0, false]);
      if (job.status === 'failed')
        expect(Number(job.exitcode) >= 1 && Number(job.exitcode) <= 255).toBe(true);
      if (job.status === 'running') expect([begin === null, end]).toEqual([false, null]);
      if (job.status === 'waiting') expect([begin, end]).toEqual([null, null]);
    }
  });

  test('that wait are the newest, and due in the future, but for a few that got stuck', () => {
    const unfinished = (job: SampleRow) => job.status === 'waiting' || job.status === 'running';
    const old = jobs.slice(0, -60).filter(unfinished);
    expect(jobs.slice(-60).every(unfinished)).toBe(true);
    expect(old.map(({ status }) => status).toSorted()).toEqual(['running', 'running', 'waiting', 'waiting']);
    for (const job of jobs.slice(-60)) {
      if (job.status === 'waiting') expect(String(job.schedule) > UNTIL_TEXT).toBe(true);
    }
  });

  test('have artifacts: about two each, most of them small and a few large', () => {
    const artifacts = rowsOf(large, 'artifacts');
    expect(artifacts.length / jobs.length).toBeCloseTo(2, 1);
    const contents = artifacts.flatMap(({ content }) => (Buffer.isBuffer(content) ? [content] : []));
    expect(contents.length).toBeLessThan(artifacts.length);
    expect(contents.some((content) => content.includes(0))).toBe(true);
    const sizes = contents.map(({ length }) => length).toSorted((a, b) => a - b);
    const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(median).toBeGreaterThan(250);
    expect(median).toBeLessThan(350);
    expect(mean).toBeGreaterThan(600);
    expect(mean).toBeLessThan(800);
    expect(sizes.at(-1)).toBeGreaterThan(32 * 1024);
    expect(sizes.at(-1)).toBeLessThanOrEqual(64 * 1024);
    expect(sizes.filter((size) => size >= 100 && size <= 800).length / sizes.length).toBeGreaterThan(0.7);
  });
});

describe('log entries', () => {
  const entries = rowsOf(large, 'logger');

  test('are about five a job, ascend, and tell in a line what happened', () => {
    expect(entries.length / 6_000).toBeCloseTo(5, 0);
    const created = entries.map(({ created_at }) => String(created_at));
    expect(created).toEqual(created.toSorted());
    expect((created.at(-1) ?? '') <= UNTIL_TEXT).toBe(true);
    const lengths = entries.map(({ message }) => String(message).length);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(40);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(200);
  });

  test('are mostly of jobs, and some are of none', () => {
    const general = entries.filter(({ job_id }) => job_id === null).length;
    expect(general).toBeGreaterThan(0);
    expect(general / entries.length).toBeLessThan(0.1);
  });
});

test('what is expected is never less than what is there, and right in the end', async () => {
  const { engine } = keeper();
  const latest = new Map<string, SampleProgress>();
  const onProgress = (progress: SampleProgress) => {
    expect(progress.expected).toBeGreaterThanOrEqual(progress.rows);
    latest.set(progress.table, progress);
  };
  const written = await load(engine, history({ jobs: 100, days: 7, seed: 1, until: UNTIL }), startingAt(1), {
    onProgress,
  });
  for (const [table, rows] of written) {
    expect(latest.get(table)).toEqual({ table, rows, expected: rows });
  }
});

test('an aborted signal stops the load with its reason', async () => {
  const { engine, filled } = keeper();
  const stop = new AbortController();
  const onProgress = ({ table }: SampleProgress) => {
    if (table === 'job') stop.abort(new Error('enough'));
  };
  const loading = load(engine, history({ jobs: 100, days: 7, seed: 1, until: UNTIL }), startingAt(1), {
    onProgress,
    signal: stop.signal,
  });
  await expect(loading).rejects.toThrow('enough');
  expect(filled.has('job')).toBe(true);
  expect(filled.has('artifacts')).toBe(false);
});

test.each([0, 1, 2, 3, 49, 5_001])('a history of %i jobs is made', async (jobs) => {
  const filled = await sample({ jobs, days: 1 });
  expect(rowsOf(filled, 'job')).toHaveLength(jobs);
  expect(rowsOf(filled, 'company').length).toBeGreaterThanOrEqual(3);
});
