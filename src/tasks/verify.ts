/** Whether the live schema is the one that the migrations make. */
import { verifySchema as compare, MIGRATIONS, type Verification } from '../migrations/index.ts';
import type { TaskContext } from './context.ts';
import { readStatus } from './status.ts';

export interface SchemaVerification extends Verification {
  /** Migrations that are not applied yet; what they would make is not compared. */
  readonly pending: number;
}

/** Reads only. @param except tables that are not compared @throws FOREIGN_DATABASE */
export async function verifySchema(
  context: Pick<TaskContext, 'engine'>,
  except: readonly string[] = [],
): Promise<SchemaVerification> {
  const { foreign, pending } = await readStatus(context);
  if (foreign) throw foreign;
  return { ...(await compare(context.engine, MIGRATIONS, except)), pending };
}

/** The same for whoever has just read that the database is ours, and all migrations are applied. */
export function compareSchema({ engine }: Pick<TaskContext, 'engine'>): Promise<Verification> {
  return compare(engine, MIGRATIONS);
}
