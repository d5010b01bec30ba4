/** Large rows are in this process's memory while SQLite works on them; the cache of pages need not have them once more. */
import { type Kysely, sql } from 'kysely';

const CACHE_KB = 4 * 1024;

/** The cache is small from here on. @returns makes it what it was */
export async function smallCache(db: Kysely<unknown>): Promise<() => Promise<void>> {
  const { rows } = await sql<{ cache_size: bigint }>`pragma main.cache_size`.execute(db);
  const before = Number(rows[0]?.cache_size ?? 0);
  await sql`pragma main.cache_size = ${sql.lit(-CACHE_KB)}`.execute(db);
  return async () => {
    await sql`pragma main.cache_size = ${sql.lit(before)}`.execute(db);
  };
}
