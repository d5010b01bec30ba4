/** Run templates that the scheduler has forgotten: due long ago, with no job that is to come of it. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import { type Fenced, fencedTransaction } from '../leases/index.ts';
import type { Database } from '../schema/index.ts';
import { placeBehind, type WalkPlace } from './walk-place.ts';

export interface OverduePage {
  /** Those to be scheduled anew. */
  readonly forgotten: readonly bigint[];
  /** The others, which have a job or a company that is disabled. */
  readonly leftAlone: number;
  /** The last one that was looked at; undefined behind the last of all. */
  readonly last: WalkPlace | undefined;
}

interface Due extends WalkPlace {
  readonly interv: string;
  /** Of its company; 1 or 0. */
  readonly enabled: number | null;
  /** Whether it has one that is not finished; 1 or 0. */
  readonly unfinished: number;
}

/**
 * Active run templates that were due before, a page at a time. Reads only.
 * @param before `YYYY-MM-DD HH:MM:SS.ffffff`
 */
export async function overdueTemplates(
  engine: Engine,
  before: string,
  { after, limit }: { readonly after: WalkPlace | undefined; readonly limit: number },
): Promise<OverduePage> {
  const rows = await dueTemplates(engine.kysely<Database>(), before, after).limit(limit).execute();
  const forgotten = rows.filter(isForgotten).map(({ id }) => id);
  return {
    forgotten,
    leftAlone: rows.length - forgotten.length,
    last: placeBehind(rows, limit),
  };
}

function isForgotten({ interv, enabled, unfinished }: Due): boolean {
  return interv !== 'n' && Number(enabled) === 1 && Number(unfinished) === 0;
}

export function dueTemplates(db: Kysely<Database>, before: string, after: WalkPlace | undefined) {
  let query = facts(db)
    .where('run_template.active', '=', true)
    .where('run_template.next_schedule', '<', before);
  if (after)
    query = query.where(({ ref }) => {
      const [at, id] = [ref('run_template.next_schedule'), ref('run_template.id')];
      return sql<boolean>`(${at} >= ${after.at} and (${at} > ${after.at} or ${id} > ${after.id}))`;
    });
  return query.orderBy('run_template.next_schedule').orderBy('run_template.id');
}

function facts(db: Kysely<Database>) {
  return db
    .selectFrom('run_template')
    .select([
      'run_template.id',
      'run_template.next_schedule as at',
      'run_template.interv',
      // Neither a join nor EXISTS: an engine might begin with all companies, or with all jobs that wait.
      sql<number | null>`(${enabled()})`.as('enabled'),
      sql<number>`coalesce((${jobsOf('waiting')}), (${jobsOf('running')}), 0)`.as('unfinished'),
    ])
    .$castTo<Due>();
}

function enabled() {
  return sql`
    select case when company.enabled = true then 1 else 0 end from company
    where company.id = ${sql.ref('run_template.company_id')}`;
}

function jobsOf(status: 'waiting' | 'running') {
  return sql`
    select 1 from job
    where job.run_template_id = ${sql.ref('run_template.id')} and job.status = ${status} limit 1`;
}

/**
 * Takes their next time away, so that the scheduler computes it anew; asked again under their locks.
 * @param ids by which they are found; what others have locked is passed over @returns how many it were
 */
export async function scheduleAnew(
  engine: Engine,
  fenced: Fenced,
  { ids, before }: { readonly ids: readonly bigint[]; readonly before: string },
): Promise<number> {
  const { rowLocks, skipLocked } = engine.capabilities;
  return fencedTransaction<Database, number>(engine, fenced, async (db) => {
    const found = db.selectFrom('run_template').select('id').where(engine.among('id', ids)).orderBy('id');
    const locking = skipLocked ? found.forUpdate().skipLocked() : found.forUpdate();
    const locked = (await (rowLocks ? locking : found).execute()).map(({ id }) => id);
    if (locked.length === 0) return 0;
    const now = await facts(db)
      .where(engine.among('run_template.id', locked))
      // In forms that no index answers: there are few, and their keys are known.
      .where(({ ref }) => sql<boolean>`case when ${ref('run_template.active')} then 1 else 0 end = 1`)
      .where(({ ref }) => sql<boolean>`case when ${ref('next_schedule')} < ${before} then 1 else 0 end = 1`)
      .execute();
    const forgotten = now.filter(isForgotten).map(({ id }) => id);
    if (forgotten.length === 0) return 0;
    const { numUpdatedRows } = await db
      .updateTable('run_template')
      .set({ next_schedule: null })
      .where(engine.among('id', forgotten))
      .executeTakeFirst();
    return Number(numUpdatedRows);
  });
}
