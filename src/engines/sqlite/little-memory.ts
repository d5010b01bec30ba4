/** The cache of pages lies in this process: what looks at many of them once need not keep them. */
import type Database from 'better-sqlite3';

const CACHE_KIB = 8 * 1024;

/** @returns makes it what it was */
export function littleMemory(database: Database.Database): () => void {
  const before = Number(database.pragma('cache_size', { simple: true }));
  database.pragma(`cache_size = -${CACHE_KIB}`);
  return () => {
    database.pragma(`cache_size = ${before}`);
  };
}
