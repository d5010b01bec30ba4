/** VACUUM of tables, one after the other; who asked for its end does not wait for that of the table. */
import { type Kysely, sql } from 'kysely';
import type { ReclaimRequest, ReclaimWork } from '../space.ts';
import type { Version } from '../version.ts';
import { tableSpaces } from './space.ts';

/** @returns null where the account may not: a server passes such tables over with no more than a warning */
export async function reclaim(
  pool: Kysely<unknown>,
  version: Version,
  { tables, db, signal }: ReclaimRequest,
): Promise<ReclaimWork | null> {
  const spaces = await tableSpaces(pool, version, tables);
  if (spaces.length === 0 || spaces.some((table) => !table.may_vacuum)) return null;
  const waiting = spaces.map(({ name }) => name);
  const bytes = async (table: string) => Number((await tableSpaces(pool, version, [table]))[0]?.total ?? 0n);
  return {
    next: async () => {
      const [table] = waiting;
      if (table === undefined) return undefined;
      const before = await bytes(table);
      await cancellable(pool, db, signal, async () => {
        await sql`vacuum (analyze) ${sql.table(table)}`.execute(db);
      });
      waiting.shift();
      return { bytes: Math.max(0, before - (await bytes(table))), held: 0, waitsFor: null };
    },
    end: async () => [],
  };
}

/** VACUUM of a large table takes hours, and to cancel it does no harm. @throws the signal's reason */
async function cancellable(
  pool: Kysely<unknown>,
  session: Kysely<unknown>,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session);
  const cancel = () => {
    sql`select pg_cancel_backend(${rows[0]?.pid ?? 0})`.execute(pool).catch(() => {});
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
