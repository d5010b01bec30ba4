import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import type { LedgerDb } from './ledger/ledger.ts';
import type { Step } from './migration.ts';

/** Runs the statement of a step, under the session's settings that it wants while its column is empty. */
export async function send(engine: Engine, db: LedgerDb, step: Step): Promise<void> {
  const { sql: statement } = step;
  const execute = () => sql.raw(statement).execute(db);
  const session =
    step.session && (await isEmpty(db, step.impact.table, step.session.whileEmpty)) && step.session;
  if (session) await sql.raw(session.before).execute(db);
  try {
    if (step.editsSchema) await engine.editingSchema(db as unknown as Kysely<unknown>, execute);
    else await execute();
  } finally {
    // A lost session has no settings.
    if (session)
      await sql
        .raw(session.after)
        .execute(db)
        .catch(() => {});
  }
}

/** An interrupted run may be continued days later: by then the column can have values. */
async function isEmpty(db: LedgerDb, table: string, column: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 as one from ${sql.table(table)} where ${sql.ref(column)} is not null limit 1`.execute(db);
  return rows.length === 0;
}
