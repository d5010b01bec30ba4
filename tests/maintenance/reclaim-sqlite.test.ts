/** An SQLite file that gives space back: beside readers and writers, killed, on a full disk, and one made by others. */
import { once } from 'node:events';
import { copyFileSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../src/engines/index.ts';
import { applyReclaim, measureSpace, planReclaim } from '../../src/maintenance/index.ts';
import { makeBulkyHistory, purgeMost } from '../harness/bulky-history.ts';
import { isAvailable, migratedDatabase, type TestDatabase } from '../harness/engines.ts';
import { ended, processFile, startForTest } from '../harness/processes.ts';

const MEBI = 1024 * 1024;
const OPTIONS = { program: 'test', waitMs: 0 };

describe.runIf(isAvailable('sqlite'))('a reclaim of an SQLite file', () => {
  let source: TestDatabase & { readonly engine: Engine };
  let purged: string;
  let file: string;
  let engine: Engine;

  beforeAll(async () => {
    source = await migratedDatabase('sqlite');
    await makeBulkyHistory(source.engine);
    await purgeMost(source.engine);
    purged = source.engine.where;
  });
  afterAll(() => source.drop());
  beforeEach(async () => {
    file = `${purged}.${Math.random().toString(36).slice(2)}`;
    copyFileSync(purged, file);
    engine = await openEngine({ connection: 'sqlite', file }, 'change');
  });
  afterEach(() => engine.close());

  const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const reclaim = async (options: Partial<Parameters<typeof applyReclaim>[2]> = {}) =>
    applyReclaim(engine, await planReclaim(engine), { ...OPTIONS, ...options });
  const integrity = async () =>
    (await sql<{ integrity_check: string }>`pragma integrity_check`.execute(engine.kysely())).rows;

  /** @returns its exit status, or the signal that ended it */
  async function victim({ bytes, ms }: { bytes?: number; ms?: number }): Promise<number | string> {
    const settings = JSON.stringify({ connection: 'sqlite', file });
    const child = startForTest(process.execPath, [processFile('reclaiming'), settings, String(bytes ?? '')]);
    if (ms !== undefined) child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), ms));
    child.stdout.resume();
    return ended(child);
  }

  test('shrinks it to what it holds, and empties the WAL', async () => {
    const before = sizeOf(file);
    expect(before).toBeGreaterThan(20 * MEBI);
    expect((await reclaim()).stopped).toBeNull();
    expect(sizeOf(file)).toBeLessThan(before / 4);
    expect(sizeOf(`${file}-wal`)).toBe(0);
    expect(await integrity()).toEqual([{ integrity_check: 'ok' }]);
    const again = await reclaim();
    expect([again.pieces, again.stopped]).toEqual([0, null]);
  });

  test('ends with the time it was given or with Ctrl-C, and the next one goes on', async () => {
    const short = await reclaim({ timeBudgetMs: 30 });
    expect(short.stopped).toBe('time budget');
    expect(short.after.remedies.map(({ ours }) => ours)).toEqual([true]);
    const interruption = new AbortController();
    const stopped = await reclaim({ signal: interruption.signal, onProgress: () => interruption.abort() });
    expect([stopped.stopped, stopped.pieces]).toEqual(['interrupted', 1]);
    expect((await reclaim()).after.freeBytes).toBe(0);
  });

  test('that is killed leaves a sound file, whenever it dies, and the next one finishes', async () => {
    let killed = 0;
    // Between two slices, and wherever it is after so many milliseconds.
    for (const moment of [{ bytes: 1 }, { ms: 3 }, { ms: 8 }, { bytes: 4 * MEBI }, { ms: 21 }, {}]) {
      if ((await victim(moment)) === 'SIGKILL') killed++;
      expect(await integrity()).toEqual([{ integrity_check: 'ok' }]);
      expect((await sql`select id from artifacts`.execute(engine.kysely())).rows).toHaveLength(600);
    }
    expect(killed).toBeGreaterThan(2);
    expect((await measureSpace(engine)).freeBytes).toBe(0);
  });

  function reading(): Database.Database {
    const reader = new Database(file, { readonly: true });
    reader.exec('begin');
    reader.prepare('select count(*) from job').get();
    return reader;
  }

  test('beside a reader of an old state cannot cut the file yet: it says so, and fails nothing', async () => {
    const reader = reading();
    const result = await reclaim();
    expect(sizeOf(file)).toBe(sizeOf(purged));
    expect(result.after.freeBytes).toBeGreaterThan(12 * MEBI);
    expect(result.after.notes).toEqual([expect.stringContaining('another connection still reads from it')]);
    expect(result.after.remedies.map(({ ours }) => ours)).toEqual([true]);
    reader.close();
    const after = await reclaim();
    expect(after).toMatchObject({ stopped: null, after: { freeBytes: 0, notes: [], remedies: [] } });
    expect(sizeOf(file)).toBeLessThan(6 * MEBI);
    expect(sizeOf(`${file}-wal`)).toBe(0);
  });

  test('does not make a WAL longer that a reader keeps long, and goes on when the reader is done', async () => {
    const reader = reading();
    for (let times = 0; times < 3; times++)
      await sql`update artifacts set content = randomblob(4000)`.execute(engine.kysely());
    const wal = sizeOf(`${file}-wal`);
    expect(wal).toBeGreaterThan(5 * MEBI);
    const given = await reclaim({ patienceMs: 100 });
    expect([given.stopped, given.pieces]).toEqual(['another session', 0]);
    expect(sizeOf(`${file}-wal`)).toBe(wal);
    setTimeout(() => reader.close(), 300);
    expect(await reclaim()).toMatchObject({ stopped: null, after: { freeBytes: 0, notes: [] } });
  });

  test('lets a platform write meanwhile, and its end does not wait for a reader with the write lock', async () => {
    const writer = startForTest(process.execPath, [processFile('writing'), file]);
    await once(writer.stdout, 'data');
    const reader = reading();
    const held = await reclaim({ patienceMs: 100 });
    reader.close();
    const done = await reclaim();
    writer.stdin.end();
    const [report] = await once(writer.stdout, 'data');
    await once(writer, 'exit');
    const { writes, longest } = JSON.parse(String(report));
    process.stdout.write(
      `a platform beside a reclaim: ${writes} writes, the longest took ${longest} ms; slices of ${Math.max(held.longestPiece, done.longestPiece)} ms at most\n`,
    );
    expect(done.stopped).toBeNull();
    expect(writes).toBeGreaterThan(5);
    // Far below the five seconds for which a checkpoint would hold the lock if it waited.
    expect(longest).toBeLessThan(2_000);
  });

  test('of a file without incremental auto-vacuum gives nothing back, and names what would', async () => {
    await engine.close();
    const other = new Database(file);
    other.exec(
      'pragma journal_mode = wal; pragma auto_vacuum = none; vacuum; pragma wal_checkpoint(truncate)',
    );
    other.exec('delete from artifacts');
    other.close();
    engine = await openEngine({ connection: 'sqlite', file }, 'change');
    const before = sizeOf(file);
    const { after, pieces } = await reclaim();
    expect([pieces, sizeOf(file)]).toEqual([0, before]);
    expect(after.freeBytes).toBeGreaterThan(2 * MEBI);
    expect(after.remedies).toEqual([
      expect.objectContaining({
        sql: 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM;',
        lock: expect.stringContaining('nobody else can write'),
        needsBytes: 2 * (before - (after.freeBytes ?? 0)),
        ours: false,
      }),
    ]);
    expect(await engine.freeDisk()).toBeGreaterThan(0);
    const client = new Database(file);
    const [remedy] = after.remedies;
    client.exec(remedy && !remedy.ours ? remedy.sql : '');
    client.close();
    expect((await reclaim()).after).toMatchObject({ freeBytes: 0, remedies: [] });
    expect(sizeOf(file)).toBeLessThan(before - 2 * MEBI);
    await sql`delete from job`.execute(engine.kysely());
    expect((await measureSpace(engine)).remedies.map(({ ours }) => ours)).toEqual([true]);
  });

  test('of a file without a WAL works as well', async () => {
    await engine.close();
    const other = new Database(file);
    other.pragma('journal_mode = delete');
    other.close();
    engine = await openEngine({ connection: 'sqlite', file }, 'change');
    expect((await reclaim()).after).toMatchObject({ freeBytes: 0, notes: [] });
    expect(sizeOf(file)).toBeLessThan(6 * MEBI);
    expect(await integrity()).toEqual([{ integrity_check: 'ok' }]);
  });
});
