/** VACUUM of tables, one after the other; who asked for its end does not wait for that of the table. */
import { type Kysely, sql } from 'kysely';
import type { ReclaimRequest, ReclaimWork } from '../contract/upkeep.ts';
import { whileWatched } from '../statement-progress.ts';
import type { Version } from '../version.ts';
import { backendOf, cancellable } from './cancellable.ts';
import { vacuumProgress } from './progress.ts';
import { tableSpaces } from './space.ts';

/** @returns null where the account may not: a server passes such tables over with no more than a warning */
export async function reclaim(
  pool: Kysely<unknown>,
  version: Version,
  { tables, db, signal, onStatement }: ReclaimRequest,
): Promise<ReclaimWork | null> {
  const spaces = await tableSpaces(pool, version, tables);
  if (spaces.length === 0 || spaces.some((table) => !table.may_vacuum)) return null;
  const pid = await backendOf(db);
  const waiting = spaces.map(({ name }) => name);
  const bytes = async (table: string) => Number((await tableSpaces(pool, version, [table]))[0]?.total ?? 0n);
  return {
    next: async () => {
      const [table] = waiting;
      if (table === undefined) return undefined;
      const before = await bytes(table);
      const vacuum = () =>
        cancellable(pool, db, signal, async () => {
          await sql`vacuum (analyze) ${sql.table(table)}`.execute(db);
        });
      await whileWatched(vacuum, () => vacuumProgress(pool, pid), onStatement);
      waiting.shift();
      return { bytes: Math.max(0, before - (await bytes(table))), held: 0, waitsFor: null };
    },
    end: async () => [],
  };
}
