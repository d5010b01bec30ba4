/** How the database grows, by its samples alone. */
import { readWholeGrowth as read, type WholeGrowth } from '../maintenance/index.ts';
import type { TaskContext } from './context.ts';

/** Measures nothing but the free disk. @param now in milliseconds since the epoch */
export async function readWholeGrowth({ engine }: TaskContext, now: number): Promise<WholeGrowth> {
  return read(engine, await engine.freeDisk(), now);
}
