/** Many short write transactions beside other writers, of which there is one at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { LongWork } from '../contract/upkeep.ts';
import { truncateWal, writeBack } from './wal.ts';

/** How often and in which intervals somebody else is waited for who is writing the WAL back. */
const TRIES = 25;
const REST_MS = 2;

/**
 * Whoever commits while the WAL is long also writes it back into the file, and others wait for that. So we do it
 * ourselves between our transactions, where nobody waits: a passive checkpoint takes no lock that a writer needs. The WAL
 * begins anew with the first transaction that finds all of it written back. That is to be ours: so right before it what
 * others have added meanwhile is written back as well.
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
  return {
    pause: async () => {
      for (let tries = TRIES; writeBack(database).byOthers && tries > 0; tries--) await sleep(REST_MS);
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
