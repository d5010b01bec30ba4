/** The deletions: by primary key, children before their job, in one transaction that asks again what may go. */
import { type Kysely, sql } from 'kysely';
import { type Engine, nowUtc, type RowCopies } from '../engines/index.ts';
import { type Database, FINISHED } from '../schema/index.ts';
import type { Keeper, WantedRows } from './archive/keeper.ts';
import { CHILDREN, type ChildSizes, type ChildTable } from './children.ts';
import type { JobFacts, JobVerdict } from './goes.ts';
import { freeLogs, type Holds, isNothingHeld, readHolds } from './holds.ts';
import { jobFacts } from './oldest.ts';
import type { JobScope } from './scopes.ts';

export interface Deleted {
  readonly artifacts: number;
  readonly logger: number;
  readonly job: number;
  readonly token: number;
  /** How long the transaction held what others may have waited for, in milliseconds; its own waiting is not in it. */
  readonly held: number;
}

type Counts = Partial<Omit<Deleted, 'held'>>;

/** What a hand of the purge works with. */
export interface Hand {
  readonly engine: Engine;
  /** Which jobs go. */
  readonly verdict: JobVerdict;
  /** Saves what is to be archived; undefined where nothing is. */
  readonly keeper: Keeper | undefined;
  /** Waited for right before each transaction. */
  readonly pause: () => Promise<void>;
}

/** What of a chunk goes, as the database is at the moment. */
interface Choice {
  /** Rows that are archived first. */
  readonly saved: readonly WantedRows[];
  readonly remove: () => Promise<Counts>;
}

const NOTHING: Choice = { saved: [], remove: async () => ({}) };

/**
 * Asks again within the transaction, under row locks where there are such: a job that was restarted or held since it
 * was read stays whole.
 */
export function deleteJobs(hand: Hand, ids: readonly bigint[], children: ChildSizes): Promise<Deleted> {
  const { engine } = hand;
  return deleteChosen(hand, async (db) => {
    const going = await lockGoing(hand, db, ids);
    if (going.length === 0) return NOTHING;
    const certain = going.map(({ id }) => id);
    const jobs = going.filter(({ scope }) => scope.archive);
    const archived = jobs.map(({ id }) => id);
    return {
      saved: [
        { table: 'job', column: 'id', ids: archived, rowsOf: () => 1, jobs },
        ...CHILDREN.map((table) => ({
          table,
          column: 'job_id',
          ids: archived,
          rowsOf: (id: bigint) => children[table].get(id)?.rows ?? 0,
        })),
      ],
      remove: async () => ({
        artifacts: await affected(db.deleteFrom('artifacts').where(engine.among('job_id', certain))),
        logger: await affected(db.deleteFrom('logger').where(engine.among('job_id', certain))),
        job: await affected(deleteFinished(engine, db, certain)),
      }),
    };
  });
}

/**
 * The state is asked for in the deletion too, in a form that no index answers: SQLite would walk all finished jobs for
 * a handful of ids.
 */
export function deleteFinished(engine: Engine, db: Kysely<Database>, ids: readonly bigint[]) {
  return db
    .deleteFrom('job')
    .where(engine.among('id', ids))
    .where(
      ({ ref }) => sql<boolean>`case when ${ref('status')} in (${sql.join(FINISHED)}) then 1 else 0 end = 1`,
    );
}

/** @param archive whether they are saved first */
export function deleteLogs(hand: Hand, ids: readonly bigint[], archive: boolean): Promise<Deleted> {
  const { engine } = hand;
  return deleteChosen(hand, async (db) => {
    const holds = await readHolds(db, nowUtc());
    const deletion = db.deleteFrom('logger').where(engine.among('id', ids)).where(freeLogs(holds));
    if (!archive) return { saved: [], remove: async () => ({ logger: await affected(deletion) }) };
    const certain = await freeAmong(engine, db, ids, holds);
    if (certain.length === 0) return NOTHING;
    return {
      saved: [{ table: 'logger', column: 'id', ids: certain, rowsOf: () => 1 }],
      remove: async () => ({
        logger: await affected(db.deleteFrom('logger').where(engine.among('id', certain))),
      }),
    };
  });
}

/** Those of the log entries that are not held, under row locks where there are such. */
async function freeAmong(
  engine: Engine,
  db: Kysely<Database>,
  ids: readonly bigint[],
  holds: Holds,
): Promise<readonly bigint[]> {
  const { rowLocks } = engine.capabilities;
  if (!rowLocks && isNothingHeld(holds)) return ids;
  const query = db
    .selectFrom('logger')
    .select('logger.id')
    .where(engine.among('logger.id', ids))
    .where(freeLogs(holds));
  const free = await (rowLocks ? query.forUpdate() : query).execute();
  return free.map(({ id }) => id);
}

export function deleteTokens(hand: Hand, ids: readonly bigint[], before: string): Promise<Deleted> {
  return deleteChosen(hand, async (db) => ({
    saved: [],
    remove: async () => ({
      token: await affected(
        db.deleteFrom('token').where(hand.engine.among('id', ids)).where('until', '<', before),
      ),
    }),
  }));
}

/** Those of the jobs that go even now, and stay as they are until the transaction ends. */
async function lockGoing(
  { engine, verdict }: Hand,
  db: Kysely<Database>,
  ids: readonly bigint[],
): Promise<(JobFacts & { readonly scope: JobScope })[]> {
  const holds = await readHolds(db, nowUtc());
  const query = jobFacts(db).where(engine.among('job.id', ids));
  const jobs = await (engine.capabilities.rowLocks ? query.forUpdate() : query).execute();
  return jobs.flatMap((job) => {
    const scope = verdict(job, holds);
    return scope ? [{ ...job, scope }] : [];
  });
}

/** @param choose asked within the transaction; and ahead of it where saving would keep all other writers waiting */
async function deleteChosen(
  { engine, keeper, pause }: Hand,
  choose: (db: Kysely<Database>) => Promise<Choice>,
): Promise<Deleted> {
  const database = engine.kysely<Database>();
  let begun = 0;
  let worked = false;
  try {
    const ahead = keeper && engine.rowCopies && (await saveAhead(keeper, engine.rowCopies, database, choose));
    await pause();
    const counts = await database.transaction().execute(async (db) => {
      begun = performance.now();
      const { saved, remove } = await choose(db);
      const any = isAny(saved);
      // What has changed since is saved as it is now.
      if (!(any && (await ahead?.areCurrent(untyped(db), saved)))) {
        await keeper?.takeBack();
        if (any) await keeper?.save(untyped(db), saved);
      }
      const done = await remove();
      worked = true;
      return done;
    });
    const held = performance.now() - begun;
    await keeper?.committed();
    return { artifacts: 0, logger: 0, job: 0, token: 0, ...counts, held };
  } catch (error) {
    await keeper?.failed(error, worked);
    throw error;
  }
}

/** @returns the copies of what was saved; undefined when there was nothing to save */
async function saveAhead(
  keeper: Keeper,
  copies: RowCopies,
  db: Kysely<Database>,
  choose: (db: Kysely<Database>) => Promise<Choice>,
): Promise<RowCopies | undefined> {
  const { saved } = await choose(db);
  if (!isAny(saved)) return undefined;
  await copies.take(saved, (snapshot) => keeper.save(snapshot, saved));
  return copies;
}

function isAny(saved: readonly WantedRows[]): boolean {
  return saved.some(({ ids }) => ids.length > 0);
}

/** Deletes so many children of the job, or those that are left of them. */
export function drain(hand: Hand, table: ChildTable, job: bigint, most: number): Promise<Deleted> {
  const { engine } = hand;
  return deleteChosen(hand, async (db) => {
    const [going] = await lockGoing(hand, db, [job]);
    if (!going) return NOTHING;
    const rows = await db
      .selectFrom(table)
      .select('id')
      .where('job_id', '=', job)
      .orderBy('id')
      .limit(most)
      .execute();
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return NOTHING;
    return {
      saved: going.scope.archive ? [{ table, column: 'id', ids, rowsOf: () => 1 }] : [],
      remove: async () => ({
        [table]: await affected(db.deleteFrom(table).where(engine.among('id', ids))),
      }),
    };
  });
}

/** Whoever saves rows knows their tables by name alone. */
function untyped(db: Kysely<Database>): Kysely<unknown> {
  return db as unknown as Kysely<unknown>;
}

async function affected(query: { executeTakeFirst(): Promise<{ numDeletedRows: bigint }> }): Promise<number> {
  return Number((await query.executeTakeFirst()).numDeletedRows);
}
