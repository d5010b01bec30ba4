/** MariaDB's own words for how far an ALTER TABLE is, and for who may hold a table. */
import { type Kysely, sql } from 'kysely';
import { oldestTransaction } from '../mysql/pressure.ts';
import type { RebuildDialect } from '../mysql/rebuild.ts';

interface Seen {
  phase: string | null;
  stage: number;
  stages: number;
  percent: unknown;
  online: unknown;
}

/** What it says while tables are read and indexes built. Before, it waits for a lock, and the figure is that of the ALTER TABLE before. */
const ALTERING = 'altering table';
/** Hundredths of a percent. */
const ALL = 10_000;

export const MARIADB_REBUILDING: RebuildDialect = {
  tablespaces: 'innodb_sys_tablespaces',

  /**
   * An account sees its own sessions without any privilege. A session's own figures are there only while indexes are sorted that are too
   * large for the server's memory; the server's last online ALTER TABLE, of whatever session, is known all the time.
   */
  async progress(db: Kysely<unknown>, id: bigint) {
    const { rows } = await sql<Seen>`
      select state as phase, stage as stage, max_stage as stages, progress as percent,
        (select variable_value from information_schema.global_status
         where variable_name = 'INNODB_ONLINEDDL_PCT_PROGRESS') as online
      from information_schema.processlist where id = ${id}`.execute(db);
    const [row] = rows;
    return row ? { phase: row.phase ?? 'working', share: shareOf(row) } : null;
  },

  /** Metadata locks are shown by a plugin that is seldom there; the oldest transaction is the likeliest holder. */
  async holder(db: Kysely<unknown>, _table: string, ours: readonly string[]) {
    const oldest = await oldestTransaction(db, ours);
    return oldest === null ? null : `perhaps ${oldest.whose}, whose transaction is the oldest that is open`;
  },
};

/** A sort has figures of its own, from none to all again: what is known of the whole comes first. */
function shareOf({ phase, stage, stages, percent, online }: Seen): number | null {
  if (phase === ALTERING && online !== null && Number(online) < ALL) return Math.max(0, Number(online)) / ALL;
  if (Number(stages) === 0) return null;
  return Math.min(1, Math.max(0, (Number(stage) - 1 + Number(percent) / 100) / Number(stages)));
}
