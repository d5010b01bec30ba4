/** On SQLite rows are archived before the write lock is taken: what happens to them until then must not be lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ArchiveRun } from '../../src/cleanup/archive/run.ts';
import { planPurge } from '../../src/cleanup/index.ts';
import { type Choose, type ChunkContext, deleteChosen } from '../../src/cleanup/purge/chunk-transaction.ts';
import { childrenToDelete, jobsToDelete } from '../../src/cleanup/purge/delete-jobs.ts';
import { logsToDelete } from '../../src/cleanup/purge/delete-logs.ts';
import { DependentGuard } from '../../src/cleanup/purge/dependent-guard.ts';
import { jobVerdict } from '../../src/cleanup/selection/verdict.ts';
import type { Database } from '../../src/schema/index.ts';
import { isAvailable, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany } from '../harness/history.ts';
import { KnownHistory, loadKnown } from '../harness/known-history.ts';
import { jobsOlderThan } from '../harness/rule-books.ts';

type Db = Kysely<Database>;

const JOBS = [1n, 2n, 3n, 4n];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-ahead-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe.runIf(isAvailable('sqlite'))('between being archived and being deleted', () => {
  /** @returns the jobs that are left in the database */
  async function meanwhile(
    change: (db: Db) => Promise<unknown>,
    choose = (hand: ChunkContext): Choose => jobsToDelete(hand, JOBS),
  ) {
    const database = await migratedDatabase('sqlite');
    const { engine } = database;
    await makeCompany(engine);
    await loadKnown(
      engine,
      JOBS.map((id) => ({ id, status: 'ok', minute: Number(id), artifacts: 2, logs: 1 })),
    );
    const history = new KnownHistory(engine, directory, undefined);
    const db = engine.kysely<Database>();
    const plan = await planPurge(engine, jobsOlderThan(at(9)));
    const run = await ArchiveRun.open(engine, { directory }, 'test');
    const copies = engine.rowCopies;
    if (!copies) throw new Error('there are copies');
    /** Whether what was archived ahead was found to be what is deleted. */
    const same: boolean[] = [];
    const areCurrent: typeof copies.areCurrent = async (now, rows) => {
      const answer = await copies.areCurrent(now, rows);
      same.push(answer);
      return answer;
    };
    let paused = 0;
    const hand: ChunkContext = {
      engine: { ...engine, rowCopies: { ...copies, areCurrent } },
      verdict: jobVerdict(plan.jobs.map((scope) => ({ ...scope, archive: true }))),
      dependents: new DependentGuard(engine, [], { confirmed: new Set(), watches: false }),
      deletesAll: true,
      partWriter: run.partWriter(),
      pause: async () => {
        paused++;
        await change(db);
        await history.know();
      },
    };
    await deleteChosen(hand, choose(hand));
    await run.finish();
    expect(paused).toBe(1);
    await history.expectEachInOnePlace();
    const left = await db.selectFrom('job').select('id').orderBy('id').execute();
    const archived = await history.archived();
    await history.expectSameWhenRestored();
    await database.drop();
    return { left: left.map(({ id }) => id), archived, same };
  }

  test('nothing happens, and all of them are archived once', async () => {
    expect(await meanwhile(async () => {})).toEqual({ left: [], archived: 4 * 4, same: [true] });
  });

  test('a job is given another artifact', async () => {
    const added = { job_id: 2n, filename: 'late.txt', content: Buffer.from('late'), created_at: at(5) };
    const { left, archived, same } = await meanwhile((db) =>
      db.insertInto('artifacts').values(added).execute(),
    );
    expect([left, archived, same]).toEqual([[], 4 * 4 + 1, [false]]);
  });

  test('a log entry is changed', async () => {
    const { left, same } = await meanwhile((db) =>
      db.updateTable('logger').set({ message: 'changed' }).where('job_id', '=', 3n).execute(),
    );
    expect([left, same]).toEqual([[], [false]]);
  });

  test('a job is restarted', async () => {
    const { left, archived, same } = await meanwhile((db) =>
      db.updateTable('job').set({ status: 'running' }).where('id', '=', 3n).execute(),
    );
    expect([left, archived, same]).toEqual([[3n], 3 * 4, [false]]);
  });

  test('a job is held', async () => {
    const { left, archived, same } = await meanwhile((db) =>
      db
        .insertInto('retention_hold')
        .values({ job_id: 1n, reason: 'audit', until: at(999_999) })
        .execute(),
    );
    expect([left, archived, same]).toEqual([[1n], 3 * 4, [false]]);
  });

  test('all of them are restarted', async () => {
    const { left, archived, same } = await meanwhile((db) =>
      db.updateTable('job').set({ status: 'waiting' }).execute(),
    );
    expect([left, archived, same]).toEqual([JOBS, 0, []]);
  });

  test('an artifact of a job that has very many goes', async () => {
    const { archived, same } = await meanwhile(
      (db) => db.deleteFrom('artifacts').where('job_id', '=', 1n).where('filename', '=', '0.txt').execute(),
      (hand) => childrenToDelete(hand, 'artifacts', 1n, 10),
    );
    expect([archived, same]).toEqual([1, [false]]);
  });

  test('a log entry that goes by itself is changed', async () => {
    const { archived, same } = await meanwhile(
      (db) => db.updateTable('logger').set({ message: 'changed' }).where('id', '=', 2n).execute(),
      (hand) => logsToDelete(hand, [1n, 2n, 3n], true),
    );
    expect([archived, same]).toEqual([3, [false]]);
  });
});
