/** Whether a table that a step writes again fits on the disk a second time, asked before anything is done. */
import type { Connection, Upkeep } from '../engines/index.ts';
import { noRoom } from './failures.ts';
import type { MigrationPlan } from './plan.ts';

/**
 * A rewrite makes a copy of the table, indexes included, before it gives up the old one (on SQLite, in the WAL). On
 * a server that is elsewhere, or does not say where its files are, this cannot be known and is not asked.
 * @throws NO_ROOM
 */
export async function requireRoom(engine: Connection & Upkeep, plan: MigrationPlan): Promise<void> {
  const rewritten = plan.migrations
    .flatMap(({ steps, done }) => steps.slice(done))
    .filter(({ impact }) => impact.work === 'rewrites all rows')
    .map(({ impact }) => impact.table);
  const free = rewritten.length === 0 ? null : await engine.freeDisk();
  if (free === null) return;
  const { tables } = await engine.sizes();
  for (const { name, totalBytes } of tables) {
    if (!rewritten.includes(name) || totalBytes <= free) continue;
    throw noRoom(name, totalBytes, free, engine.where);
  }
}
