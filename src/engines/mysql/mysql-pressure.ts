/** MySQL's own words for who waits for whom, and for the length of the history list. */
import { type Kysely, sql } from 'kysely';
import { listOf, PROCESS, type PressureDialect } from './pressure.ts';

export const MYSQL_PRESSURE: PressureDialect = {
  waitersPrivilege: 'SELECT ON performance_schema.*',
  historyPrivilege: PROCESS,

  async waiting(db: Kysely<unknown>, ours: readonly string[]) {
    const threads = ours.map((id) => `ps_thread_id(${BigInt(id)})`).join() || 'null';
    const { rows } = await sql<{ id: bigint | null }>`
      select /*+ max_execution_time(1000) */ distinct t.processlist_id as id
      from performance_schema.data_lock_waits as w
      join performance_schema.threads as t on t.thread_id = w.requesting_thread_id
      where w.blocking_thread_id in (${sql.raw(threads)}) and t.processlist_id not in (${sql.raw(listOf(ours))})`.execute(
      db,
    );
    return rows.flatMap(({ id }) => (id === null ? [] : [String(id)]));
  },

  async historyLength(db: Kysely<unknown>) {
    const { rows } = await sql<{ count: bigint; status: string }>`
      select /*+ max_execution_time(1000) */ count as count, status as status
      from information_schema.innodb_metrics where name = 'trx_rseg_history_len'`.execute(db);
    return rows[0]?.status === 'enabled' ? Number(rows[0].count) : null;
  },
};
