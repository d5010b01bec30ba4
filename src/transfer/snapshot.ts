/** Work on sessions that all see the database as it was at one moment, while others go on writing. */
import type { Engine, Snapshot } from '../engines/index.ts';

/** @param readers how many sessions may help; fewer may be given */
export async function inSnapshot<T>(
  engine: Engine,
  readers: number,
  work: (sessions: Snapshot['readers']) => Promise<T>,
): Promise<T> {
  const snapshot = await engine.snapshot(readers);
  try {
    return await work(snapshot.readers);
  } finally {
    await snapshot.close();
  }
}
