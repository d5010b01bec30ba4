/** A platform that writes beside what is tested: it makes jobs and finishes them, and restarts old ones. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/engines/index.ts';
import { isMultiFlexiError } from '../../src/errors.ts';
import type { Database } from '../../src/schema/index.ts';
import { at } from './history.ts';

export interface PlatformOptions {
  /** The id of its first job, and the minute of 2026 of which that is. */
  readonly first: number;
  /** Jobs that ended ok: each is restarted for a moment in turn, as long as it is there. */
  readonly restarts?: readonly bigint[] | undefined;
}

/** Writes until it is ended; a session that somebody kills is opened again. */
export function writing(engine: Engine, { first, restarts = [] }: PlatformOptions) {
  let ended = false;
  const made: bigint[] = [];
  let restarted = 0;
  const work = (async () => {
    for (let n = 0; !ended; n++) {
      if (await kept(() => makeJob(engine, first + n))) made.push(BigInt(first + n));
      const old = restarts[n % restarts.length];
      if (old !== undefined && (await restart(engine, old))) restarted++;
      await sleep(10);
    }
  })();
  return {
    /** @returns the jobs it made for certain, and how many it has restarted */
    async end(): Promise<{ made: readonly bigint[]; restarted: number }> {
      ended = true;
      await work;
      await engine.close();
      return { made, restarted };
    },
  };
}

async function makeJob(engine: Engine, number: number): Promise<void> {
  const db = engine.kysely<Database>();
  const id = BigInt(number);
  await db
    .insertInto('job')
    .values({ id, app_id: 1n, company_id: 1n, run_template_id: 1n, DatCreate: at(number) })
    .execute();
  await db.insertInto('artifacts').values({ job_id: id, filename: 'stdout.txt' }).execute();
  await db.updateTable('job').set({ status: 'ok' }).where('id', '=', id).execute();
}

/** The job is unfinished for a moment: whoever reads it then must leave it whole. @returns whether it was there */
async function restart(engine: Engine, id: bigint): Promise<boolean> {
  const turn = (from: 'ok' | 'running', to: 'ok' | 'running') =>
    engine
      .kysely<Database>()
      .updateTable('job')
      .set({ status: to })
      .where('id', '=', id)
      .where('status', '=', from)
      .executeTakeFirst();
  let there = false;
  await kept(async () => {
    there = (await turn('ok', 'running')).numUpdatedRows > 0n;
  });
  if (there) await sleep(5);
  // Also where the answer got lost: a job that is running then is one that this has restarted.
  while (!(await kept(() => turn('running', 'ok')))) await sleep(50);
  return there;
}

/** @returns whether it was done for certain */
async function kept(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (isMultiFlexiError(error, 'CONNECTION_LOST') || isMultiFlexiError(error, 'LOCK_TIMEOUT')) return false;
    throw error;
  }
}
