/** What the activity statistics know of our own sessions. */
import type { PostgresqlServer } from './connection.ts';

/**
 * A session that is idle tells what it deleted up to ten seconds late; from PostgreSQL 15 on it can be told to.
 * Source: https://www.postgresql.org/docs/current/monitoring-stats.html
 */
export async function reportActivity({ pool, version, translate }: PostgresqlServer): Promise<void> {
  if ((version[0] ?? 0) < 15) return;
  const idle = await Promise.all(Array.from({ length: pool.idleCount }, () => pool.connect()));
  try {
    for (const client of idle) await client.query('select pg_stat_force_next_flush()');
  } catch (error) {
    throw translate(error);
  } finally {
    for (const client of idle) client.release();
  }
}
