/** How far VACUUM and the commands that write a table anew are, from the server's own views. */
import { type Kysely, sql } from 'kysely';
import type { StatementProgress } from '../contract/upkeep.ts';

interface Row {
  phase: string;
  share: number | null;
}

/** The scan is most of it; what comes behind it has no figures of its own that all versions know. */
const SCAN = 0.7;

export async function vacuumProgress(db: Kysely<unknown>, pid: number): Promise<StatementProgress | null> {
  const { rows } = await sql<Row>`
    select phase, (${sql.lit(SCAN)} * heap_blks_scanned / nullif(heap_blks_total, 0)
                   + ${sql.lit(1 - SCAN)} * heap_blks_vacuumed / nullif(heap_blks_total, 0))::double precision as share
    from pg_stat_progress_vacuum where pid = ${pid}`.execute(db);
  return progressOf(rows[0]);
}

/** The view for CLUSTER and VACUUM FULL shows REPACK as well. */
export async function rewriteProgress(db: Kysely<unknown>, pid: number): Promise<StatementProgress | null> {
  const { rows } = await sql<Row>`
    select phase, (case when phase like '%scanning heap' then ${sql.lit(SCAN)} * heap_blks_scanned / nullif(heap_blks_total, 0)
                        when phase = 'performing final cleanup' then 1
                        when phase in ('initializing', 'sorting tuples') then 0
                        else ${sql.lit(SCAN)} end)::double precision as share
    from pg_stat_progress_cluster where pid = ${pid}`.execute(db);
  return progressOf(rows[0]);
}

function progressOf(row: Row | undefined): StatementProgress | null {
  if (!row) return null;
  return { phase: row.phase, share: row.share === null ? null : Math.min(1, Math.max(0, row.share)) };
}
