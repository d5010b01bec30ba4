/** How the database grows, by its samples alone. */
import { type Growth, readGrowth as read } from '../maintenance/index.ts';
import type { TaskContext } from './context.ts';

/** Measures nothing but the free disk. @param now in milliseconds since the epoch @returns null where there are no samples */
export async function readGrowth({ engine }: TaskContext, now: number): Promise<Growth | null> {
  return read(engine, null, await engine.freeDisk(), now);
}
