import { type Kysely, sql } from 'kysely';

/**
 * A dump that was loaded again has another id of its cluster or of its database; a physical copy that was promoted has
 * another timeline.
 */
export async function fingerprint(db: Kysely<unknown>): Promise<string | null> {
  const functions = sql`'pg_control_system()', 'pg_control_checkpoint()'`;
  const { rows: rights } = await sql<{ may: boolean }>`
    select bool_and(has_function_privilege(f, 'execute')) as may from unnest(array[${functions}]) as f`.execute(
    db,
  );
  if (!rights[0]?.may) return null;
  const { rows } = await sql<{ id: string }>`
    select concat_ws(' ', s.system_identifier, c.timeline_id, d.oid) as id
    from pg_control_system() as s, pg_control_checkpoint() as c, pg_database as d
    where d.datname = current_database()`.execute(db);
  return rows[0]?.id ?? null;
}
