/** Findings that somebody has looked at and accepted (`dismissed_finding`). */
import type { Engine } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';

export interface Dismissal {
  readonly finding: string;
  readonly level: 'warn' | 'fail';
  /** In the finding's own unit; null where it has none. */
  readonly measure: number | null;
  readonly reason: string;
}

export async function readDismissals(engine: Engine): Promise<ReadonlyMap<string, Dismissal>> {
  const rows = await engine
    .kysely<Database>()
    .selectFrom('dismissed_finding')
    .select(['finding', 'level', 'measure', 'reason'])
    .execute();
  return new Map(
    rows.map((row) => [row.finding, { ...row, measure: row.measure === null ? null : Number(row.measure) }]),
  );
}

/** In place of what was dismissed under the same name before. */
export async function dismiss(engine: Engine, { finding, level, measure, reason }: Dismissal): Promise<void> {
  await engine
    .kysely<Database>()
    .transaction()
    .execute(async (db) => {
      await db.deleteFrom('dismissed_finding').where('finding', '=', finding).execute();
      await db
        .insertInto('dismissed_finding')
        .values({ finding, level, measure: measure === null ? null : BigInt(Math.round(measure)), reason })
        .execute();
    });
}

/** @returns whether it was dismissed */
export async function undismiss(engine: Engine, finding: string): Promise<boolean> {
  const { numDeletedRows } = await engine
    .kysely<Database>()
    .deleteFrom('dismissed_finding')
    .where('finding', '=', finding)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
