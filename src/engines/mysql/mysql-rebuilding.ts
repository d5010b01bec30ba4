/** MySQL's own words for how far an ALTER TABLE is, and for who holds a table. */
import { type Kysely, sql } from 'kysely';
import { nameOf } from './pressure.ts';
import type { RebuildDialect } from './rebuild.ts';

export const MYSQL_REBUILDING: RebuildDialect = {
  tablespaces: 'innodb_tablespaces',

  /** Only where the consumer `events_stages_current` is on, which it is not unless somebody has switched it on. */
  async progress(db: Kysely<unknown>, id: bigint) {
    const { rows } = await sql<{ stage: string; done: bigint | null; all_: bigint | null }>`
      select /*+ max_execution_time(1000) */ event_name as stage, work_completed as done, work_estimated as all_
      from performance_schema.events_stages_current
      where thread_id = ps_thread_id(${id}) and work_estimated > 0 order by event_id desc limit 1`.execute(
      db,
    );
    const [row] = rows;
    if (!row) return null;
    const share = Math.min(1, Number(row.done ?? 0n) / Math.max(1, Number(row.all_ ?? 1n)));
    return { phase: row.stage.replace(/^stage\/\w+\//, ''), share };
  },

  async holder(db: Kysely<unknown>, table: string, ours: readonly string[]) {
    const { rows } = await sql<{ id: bigint | null }>`
      select /*+ max_execution_time(1000) */ t.processlist_id as id
      from performance_schema.metadata_locks as l
      join performance_schema.threads as t on t.thread_id = l.owner_thread_id
      where l.object_type = 'TABLE' and l.object_schema = database() and l.object_name = ${table}
        and l.lock_status = 'GRANTED' and t.processlist_id is not null
      order by t.processlist_time desc`.execute(db);
    const found = rows.map(({ id }) => String(id)).find((id) => !ours.includes(id));
    return found === undefined ? null : nameOf(db, found);
  },
};
