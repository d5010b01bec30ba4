/** Setting and lifting holds. */
import { type Engine, nowUtc } from '../../engines/index.ts';
import type { Database } from '../../schema/index.ts';
import { noSuchHold, nothingToHold } from './failures.ts';

/** Exactly one of the three. */
export interface HoldTarget {
  readonly job: bigint | null;
  readonly template: bigint | null;
  readonly company: bigint | null;
}

export interface Hold extends HoldTarget {
  readonly id: bigint;
  readonly until: string | null;
  readonly reason: string;
  readonly since: string;
  /** Its time is over. */
  readonly over: boolean;
}

export async function listHolds(engine: Engine): Promise<Hold[]> {
  const now = nowUtc();
  const rows = await engine
    .kysely<Database>()
    .selectFrom('retention_hold')
    .selectAll()
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    job: row.job_id,
    template: row.run_template_id,
    company: row.company_id,
    until: row.until,
    reason: row.reason,
    since: row.created_at,
    over: row.until !== null && row.until <= now,
  }));
}

/**
 * In force from the next chunk of a purge on that may be running: what it has deleted by then is said to be gone.
 * @param until an instant; null for as long as it is not released
 * @throws UNKNOWN_TARGET when there is no such job, run template or company
 */
export async function hold(
  engine: Engine,
  { job, template, company }: HoldTarget,
  until: string | null,
  reason: string,
): Promise<void> {
  const db = engine.kysely<Database>();
  const [table, id] =
    job !== null
      ? (['job', job] as const)
      : template !== null
        ? (['run_template', template] as const)
        : (['company', company ?? 0n] as const);
  const exists = async () =>
    (await db.selectFrom(table).select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
  if (await exists()) {
    await db
      .insertInto('retention_hold')
      .values({ job_id: job, run_template_id: template, company_id: company, until, reason })
      .execute();
    if (await exists()) return;
  }
  throw nothingToHold(table, id);
}

/** @throws UNKNOWN_TARGET */
export async function release(engine: Engine, id: bigint): Promise<void> {
  const { numDeletedRows } = await engine
    .kysely<Database>()
    .deleteFrom('retention_hold')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) throw noSuchHold(id);
}
