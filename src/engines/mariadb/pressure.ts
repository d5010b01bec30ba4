/** MariaDB's own words for who waits for whom, and for the length of the history list, which everybody may read there. */
import { type Kysely, sql } from 'kysely';
import { listOf, PROCESS, type PressureDialect } from '../mysql/pressure.ts';

export const MARIADB_PRESSURE: PressureDialect = {
  waitersPrivilege: PROCESS,
  historyPrivilege: null,

  async waiting(db: Kysely<unknown>, ours: readonly string[]) {
    const own = sql.raw(listOf(ours));
    const { rows } = await sql<{ id: bigint }>`
      set statement max_statement_time = 1 for
      select distinct r.trx_mysql_thread_id as id
      from information_schema.innodb_lock_waits as w
      join information_schema.innodb_trx as b on b.trx_id = w.blocking_trx_id
      join information_schema.innodb_trx as r on r.trx_id = w.requesting_trx_id
      where b.trx_mysql_thread_id in (${own}) and r.trx_mysql_thread_id not in (${own})`.execute(db);
    return rows.map(({ id }) => String(id));
  },

  async historyLength(db: Kysely<unknown>) {
    const { rows } = await sql<{
      Value: unknown;
    }>`show global status like 'Innodb_history_list_length'`.execute(db);
    return rows[0] ? Number(rows[0].Value) : null;
  },
};
