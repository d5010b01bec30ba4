/** Many short write transactions beside other writers, of which there is one at a time. */
import type Database from 'better-sqlite3';
import type { LongWork } from '../engine.ts';
import { truncateWal, writeBack } from './wal.ts';

/** Others write it back, and wait for that, from 1,000 pages on (wal_autocheckpoint). */
const WRITTEN_BACK_FROM = 500;
const FEWEST = 10;

/**
 * Whoever commits while the WAL is long also writes it back into the file, and others wait for that. So we do it
 * ourselves before each transaction, where nobody waits: a passive checkpoint takes no lock that a writer needs. The
 * WAL begins anew with the first transaction that finds all of it written back: that is to be ours, which follows at
 * once. While the first checkpoint waits for the disk others write a little more, for which there is the second.
 * Source: https://www.sqlite.org/wal.html#ckpt
 */
export function longWork(database: Database.Database, durable: boolean): LongWork {
  const before = Number(database.pragma('wal_autocheckpoint', { simple: true }));
  const synchronous = Number(database.pragma('synchronous', { simple: true }));
  // In WAL mode, and only there, the file stays sound all the same; what was committed last may be lost with the power.
  // Source: https://www.sqlite.org/pragma.html#pragma_synchronous
  if (!durable && database.pragma('journal_mode', { simple: true }) === 'wal')
    database.pragma('synchronous = NORMAL');
  database.pragma('wal_autocheckpoint = 0');
  // Changes when another connection commits, never by our own.
  const dataVersion = () => Number(database.pragma('data_version', { simple: true }));
  let last = dataVersion();
  /** Pages of the WAL when it was last written back, those that a transaction adds, and those added since. */
  let known = 0;
  let growth = WRITTEN_BACK_FROM;
  let pending = 0;
  return {
    pause: async () => {
      pending += growth;
      if (pending < WRITTEN_BACK_FROM) return;
      const { pages } = writeBack(database);
      writeBack(database);
      growth = Math.max(FEWEST, (pages > known ? pages - known : pages) / (pending / growth));
      known = pages;
      pending = 0;
    },
    othersWrote: () => {
      const now = dataVersion();
      const wrote = now !== last;
      last = now;
      return wrote;
    },
    end: async () => {
      database.pragma(`wal_autocheckpoint = ${before}`);
      database.pragma(`synchronous = ${synchronous}`);
      // Who reads or writes just now keeps it, and that is no failure.
      await truncateWal(database);
    },
  };
}
