import { sql } from 'kysely';
import type { LedgerDb } from './ledger.ts';
import type { Step } from './migration.ts';

/** Runs the statement of a step, under the session's settings that it wants while its column is empty. */
export async function send(db: LedgerDb, step: Step): Promise<void> {
  const { sql: statement } = step;
  const session =
    step.session && (await isEmpty(db, step.impact.table, step.session.whileEmpty)) && step.session;
  if (session) await sql.raw(session.before).execute(db);
  try {
    await sql.raw(statement).execute(db);
  } finally {
    // A session that is gone has no settings.
    if (session)
      await sql
        .raw(session.after)
        .execute(db)
        .catch(() => {});
  }
}

/** A run that was cut off may be gone on with days later: by then the column can have values. */
async function isEmpty(db: LedgerDb, table: string, column: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 as one from ${sql.table(table)} where ${sql.ref(column)} is not null limit 1`.execute(db);
  return rows.length === 0;
}
