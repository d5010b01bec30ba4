/** Many short write transactions beside other writers, of which there is one at a time. */
import type Database from 'better-sqlite3';
import type { LongWork } from '../engine.ts';
import { truncateWal, writeBack } from './wal.ts';

/**
 * Whoever commits while the WAL is long also writes it back into the file, and others wait for that. So we do it
 * ourselves after each transaction, where nobody waits: a passive checkpoint takes no lock that a writer needs.
 * Source: https://www.sqlite.org/wal.html#ckpt
 */
export function longWork(database: Database.Database): LongWork {
  const before = Number(database.pragma('wal_autocheckpoint', { simple: true }));
  database.pragma('wal_autocheckpoint = 0');
  // Changes when another connection commits, never by our own.
  const dataVersion = () => Number(database.pragma('data_version', { simple: true }));
  let last = dataVersion();
  return {
    pause: async () => {
      writeBack(database);
    },
    othersWrote: () => {
      const now = dataVersion();
      const wrote = now !== last;
      last = now;
      return wrote;
    },
    end: async () => {
      database.pragma(`wal_autocheckpoint = ${before}`);
      // Who reads or writes just now keeps it, and that is no failure.
      await truncateWal(database);
    },
  };
}
