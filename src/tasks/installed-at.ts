/** When this installation was made. */
import { installedAt as read } from '../schema/index.ts';
import type { TaskContext } from './context.ts';

/** @returns milliseconds since the epoch; null where it has no id yet */
export function installedAt({ engine }: Pick<TaskContext, 'engine'>): Promise<number | null> {
  return read(engine);
}
