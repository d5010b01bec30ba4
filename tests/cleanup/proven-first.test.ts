/** No row is gone before its archive is on the disk and was read by the code that will put it back, whatever is read ahead of that. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PartWriter } from '../../src/cleanup/archive/part-writer.ts';
import { ArchiveRun } from '../../src/cleanup/archive/run.ts';
import { planPurge } from '../../src/cleanup/index.ts';
import { type ChunkContext, deleteChosen } from '../../src/cleanup/purge/chunk-transaction.ts';
import { jobsToDelete } from '../../src/cleanup/purge/delete-jobs.ts';
import { DependentGuard } from '../../src/cleanup/purge/dependent-guard.ts';
import { jobVerdict } from '../../src/cleanup/selection/verdict.ts';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany } from '../harness/history.ts';
import { KnownHistory, loadKnown } from '../harness/known-history.ts';
import { jobsOlderThan } from '../harness/rule-books.ts';

const JOBS = [1n, 2n, 3n];
/** More than two pages of what is read together. */
const LOGS = 400;
const LARGEST_ROW = 64 * 1024;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-proven-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describeEngines('rows that are archived', (name) => {
  async function ground() {
    const database = await migratedDatabase(name);
    const { engine } = database;
    await makeCompany(engine);
    await loadKnown(
      engine,
      JOBS.map((id) => ({ id, status: 'ok', minute: Number(id), artifacts: 2, logs: LOGS })),
    );
    const run = await ArchiveRun.open(engine, { directory, largestRow: LARGEST_ROW }, 'test');
    const partWriter = run.partWriter();
    return { database, engine, run, partWriter, context: await contextOf(engine, partWriter) };
  }

  async function contextOf(engine: Engine, partWriter: PartWriter): Promise<ChunkContext> {
    const plan = await planPurge(engine, jobsOlderThan(at(9)));
    return {
      engine,
      verdict: jobVerdict(plan.jobs.map((scope) => ({ ...scope, archive: true }))),
      dependents: new DependentGuard(engine, [], { confirmed: new Set(), watches: false }),
      deletesAll: true,
      partWriter,
      pause: async () => {},
    };
  }

  test('are all there for others until the archive is on the disk', async () => {
    const { database, engine, run, partWriter, context } = await ground();
    const other = await database.open();
    const before = await countOf(engine);
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: allowed, resolve: allow } = Promise.withResolvers<void>();
    const onDisk = partWriter.onDisk.bind(partWriter);
    partWriter.onDisk = async () => {
      await onDisk();
      ask();
      await allowed;
    };
    const deleted = deleteChosen(context, jobsToDelete(context, JOBS));
    await asked;
    expect(await countOf(other)).toEqual(before);
    allow();
    await deleted;
    expect(await countOf(other)).toEqual({
      job: 0,
      artifacts: 0,
      logger: (before.logger ?? 0) - JOBS.length * LOGS,
    });
    await run.finish();
    await other.close();
    await database.drop();
  });

  test('are all there where one of the last that is read cannot be put back, and the archive has none of them', async () => {
    const { database, engine, run, context } = await ground();
    const db = engine.kysely<Database>();
    const { id } = await db
      .selectFrom('logger')
      .select('id')
      .where('job_id', 'is not', null)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    await db
      .updateTable('logger')
      .set({ message: 'x'.repeat(LARGEST_ROW + 1) })
      .where('id', '=', id)
      .execute();
    const history = new KnownHistory(engine, directory, undefined);
    await history.know();
    const before = await countOf(engine);
    await expect(deleteChosen(context, jobsToDelete(context, JOBS))).rejects.toMatchObject({
      code: 'CANNOT_BE_SAVED',
    });
    expect(await countOf(engine)).toEqual(before);
    await deleteChosen(context, jobsToDelete(context, JOBS.slice(0, 2)));
    await run.finish();
    expect(await history.archived()).toBe(2 + 2 * 2 + 2 * LOGS);
    await history.expectEachInOnePlace();
    await history.expectSameWhenRestored();
    await database.drop();
  });

  test('cannot be changed by others between their reading and their deletion', async () => {
    const { database, engine, run, partWriter, context } = await ground();
    // On a file the copies of the rows tell (saved-ahead.test.ts).
    const { rowLocks } = engine.capabilities;
    const other = await database.open();
    const save = partWriter.save.bind(partWriter);
    const free: number[] = [];
    partWriter.save = async (...all) => {
      const saved = await save(...all);
      const db = other.kysely<Database>();
      for (const table of ['artifacts', 'logger'] as const) {
        const query = db.selectFrom(table).select('id').where('job_id', 'in', JOBS);
        free.push((await query.forUpdate().skipLocked().execute()).length);
      }
      return saved;
    };
    await deleteChosen(context, jobsToDelete(context, JOBS));
    expect(free).toEqual(rowLocks ? [0, 0] : []);
    await run.finish();
    await other.close();
    await database.drop();
  });
});

async function countOf(engine: Engine): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of ['job', 'artifacts', 'logger']) {
    const { rows } = await sql<{ n: unknown }>`select count(*) as n from ${sql.table(table)}`.execute(
      engine.kysely<unknown>(),
    );
    counts[table] = Number(rows[0]?.n);
  }
  return counts;
}
