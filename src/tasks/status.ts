/** Which migrations are applied. */
import type { MultiFlexiError } from '../errors.ts';
import { foreignError, MIGRATIONS, readStatus as read, type Status } from '../migrations/index.ts';
import type { TaskContext } from './context.ts';

export interface SchemaStatus extends Status {
  /** Why nothing can be done to a database that is not ours; null for one that is, or can become it. */
  readonly foreign: MultiFlexiError | null;
}

/** Reads only. */
export async function readStatus({ engine }: Pick<TaskContext, 'engine'>): Promise<SchemaStatus> {
  const status = await read(engine, MIGRATIONS);
  return { ...status, foreign: foreignError(status.kind, engine.where) ?? null };
}
