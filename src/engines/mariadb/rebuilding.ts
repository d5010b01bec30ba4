/** MariaDB's own words for how far an ALTER TABLE is, and for who may hold a table. */
import { type Kysely, sql } from 'kysely';
import { oldestTransaction } from '../mysql/pressure.ts';
import type { RebuildDialect } from '../mysql/rebuild.ts';

export const MARIADB_REBUILDING: RebuildDialect = {
  tablespaces: 'innodb_sys_tablespaces',

  /** An account sees its own sessions without any privilege. */
  async progress(db: Kysely<unknown>, id: bigint) {
    const { rows } = await sql<{ phase: string | null; stage: number; stages: number; percent: unknown }>`
      select state as phase, stage as stage, max_stage as stages, progress as percent
      from information_schema.processlist where id = ${id}`.execute(db);
    const [row] = rows;
    if (!row) return null;
    const stages = Number(row.stages);
    const share = stages === 0 ? null : (Number(row.stage) - 1 + Number(row.percent) / 100) / stages;
    return { phase: row.phase ?? 'working', share: share === null ? null : Math.min(1, Math.max(0, share)) };
  },

  /** Metadata locks are shown by a plugin that is seldom there; the oldest transaction is the likeliest holder. */
  async holder(db: Kysely<unknown>, _table: string, ours: readonly string[]) {
    const oldest = await oldestTransaction(db, ours);
    return oldest === null ? null : `perhaps ${oldest.whose}, whose transaction is the oldest that is open`;
  },
};
