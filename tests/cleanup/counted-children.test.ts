/** What was read of a job's children ahead of its transaction may be wrong by then: nothing is lost for that, or kept. */
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { expect, test } from 'vitest';
import { planPurge } from '../../src/cleanup/index.ts';
import { ChunkQueue } from '../../src/cleanup/purge/chunk-queue.ts';
import type { ChunkContext, Outcome } from '../../src/cleanup/purge/chunk-transaction.ts';
import { cursorsOf } from '../../src/cleanup/purge/deferred-rows.ts';
import { DependentGuard } from '../../src/cleanup/purge/dependent-guard.ts';
import { Leftovers } from '../../src/cleanup/purge/leftovers.ts';
import { Limits } from '../../src/cleanup/purge/limits.ts';
import { Tally } from '../../src/cleanup/purge/tally.ts';
import { Worker } from '../../src/cleanup/purge/worker.ts';
import { jobVerdict } from '../../src/cleanup/selection/verdict.ts';
import type { Database } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany } from '../harness/history.ts';
import { loadKnown } from '../harness/known-history.ts';
import { jobsOlderThan } from '../harness/rule-books.ts';

async function countOf<Table extends keyof Database>(
  rows: SelectQueryBuilder<Database, Table, object>,
): Promise<number> {
  const { n } = await rows.select(sql<bigint>`count(*)`.as('n')).executeTakeFirstOrThrow();
  return Number(n);
}

const JOBS = [1n, 2n, 3n];
const KEEPS_ONE = {
  sqlite: [
    'create trigger keeps before delete on artifacts when old.job_id = 2 begin select raise(ignore); end',
  ],
  postgresql: [
    'create function keeps() returns trigger language plpgsql as $$ begin return null; end $$',
    'create trigger keeps before delete on artifacts for each row when (old.job_id = 2) execute function keeps()',
  ],
} as const;

describeEngines('children that are not as many as were read', (name) => {
  /** @param change made after the children were read @returns what was deleted, what was refused, and the rows that are left */
  async function deleteAfter(change: (db: Kysely<Database>) => Promise<unknown>) {
    const database = await migratedDatabase(name);
    const { engine } = database;
    const db = engine.kysely<Database>();
    try {
      await makeCompany(engine);
      await loadKnown(
        engine,
        JOBS.map((id) => ({ id, status: 'ok', minute: Number(id), artifacts: 2, logs: 1 })),
      );
      const plan = await planPurge(engine, jobsOlderThan(at(9)));
      let changed = false;
      const context: ChunkContext = {
        engine,
        verdict: jobVerdict(plan.jobs),
        dependents: new DependentGuard(engine, [], { confirmed: new Set(), watches: false }),
        deletesAll: true,
        partWriter: undefined,
        // Right before the first transaction.
        pause: async () => {
          if (!changed) await change(db);
          changed = true;
        },
      };
      const tally = new Tally();
      const leftovers = new Leftovers();
      const host = {
        plan,
        limits: new Limits(undefined, undefined),
        lost: new AbortController().signal,
        leftovers,
        mayDrain: true,
        mayGoOn: async () => true,
        readHolds: async () => {},
        timing: () => ({ chunkMs: 1_000, rest: 0 }),
        note: (outcome: Outcome) => tally.note(outcome),
      };
      const deferred = { table: 'job', archive: false, reason: '', locked: false } as const;
      const queue = new ChunkQueue(cursorsOf(JOBS.map((id) => ({ ...deferred, id }))));
      await new Worker(context, host, queue).run();
      const left = await Promise.all([
        countOf(db.selectFrom('job')),
        countOf(db.selectFrom('artifacts')),
        countOf(db.selectFrom('logger').where('job_id', 'is not', null)),
      ]);
      return { deleted: tally.deleted, refused: leftovers.take().map(({ id }) => id), left };
    } finally {
      await database.drop();
    }
  }

  const late = { job_id: 2n, filename: 'late.txt', content: Buffer.from('late'), created_at: at(5) };

  test('a job that was given another artifact meanwhile is deleted with it', async () => {
    const outcome = await deleteAfter((db) => db.insertInto('artifacts').values(late).execute());
    expect(outcome).toEqual({
      deleted: new Map([
        ['artifacts', 7],
        ['logger', 3],
        ['job', 3],
      ]),
      refused: [],
      left: [0, 0, 0],
    });
  });

  test('a job that has lost its log entry meanwhile is deleted all the same', async () => {
    const { left } = await deleteAfter((db) => db.deleteFrom('logger').where('job_id', '=', 1n).execute());
    expect(left).toEqual([0, 0, 0]);
  });

  test.runIf(name in KEEPS_ONE)(
    'a trigger that came meanwhile and keeps rows keeps their job whole, and no other',
    async () => {
      const { refused, left } = await deleteAfter(async (db) => {
        for (const statement of KEEPS_ONE[name as keyof typeof KEEPS_ONE])
          await sql.raw(statement).execute(db);
      });
      expect({ refused, left }).toEqual({ refused: [2n], left: [1, 2, 1] });
    },
  );
});
