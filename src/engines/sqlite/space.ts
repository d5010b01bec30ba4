/** Space of an SQLite file: its header knows how many pages it has and how many of them are free. */
import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { mebibytes } from '../bytes.ts';
import type { SpaceRemedy, SpaceUse } from '../space.ts';
import { walBytes } from './wal.ts';

/** What a WAL grows to by itself: twice the 1,000 pages after which each writer writes it back. */
const ORDINARY_WAL_PAGES = 2_000;

/**
 * For each page that it cuts off, SQLite looks for it in the list of all that are free: measured, 15,000 pages a second
 * with 80,000 free ones and 3,000 with 320,000.
 */
const TOO_MANY_FREE = 1_000_000;

/** The values of `PRAGMA auto_vacuum`. */
const NONE = 0;
const INCREMENTAL = 2;

export function space(database: Database.Database, file: string): SpaceUse {
  const pragma = (name: string) => Number(database.pragma(name, { simple: true }));
  const page = pragma('page_size');
  const free = pragma('freelist_count');
  const pages = pragma('page_count');
  const stays = (pages - free) * page;
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  // Given back already, but the file can only be cut when the WAL is written back.
  const overdue = Math.max(0, size - pages * page);
  const wal = walBytes(file);
  const longWal = wal > ORDINARY_WAL_PAGES * page;
  const mode = pragma('auto_vacuum');
  const remedies: SpaceRemedy[] = [];
  if ((free > 0 && mode === INCREMENTAL) || overdue > 0 || longWal) remedies.push(IN_SLICES);
  const slow = mode === INCREMENTAL && free > TOO_MANY_FREE;
  if ((free > 0 && mode === NONE) || slow) remedies.push(wholeFile(stays, mode));
  return {
    diskBytes: size + wal,
    freeBytes: free * page + overdue,
    estimated: false,
    remedies,
    notes: [
      ...(longWal ? [walStays(wal)] : []),
      ...(slow
        ? [
            `${free} pages are free, and for each that it gives back SQLite looks through all of them: in slices that may take hours. VACUUM takes as long as writing what stays.`,
          ]
        : []),
    ],
  };
}

export function walStays(bytes: number): string {
  return `The write-ahead log beside the file takes ${mebibytes(bytes)}: another connection still reads from it, or has not let it be written back. It goes with that transaction and the next db:reclaim, or when the last connection closes.`;
}

const IN_SLICES: SpaceRemedy = {
  command: 'multiflexi-cli db:reclaim',
  gives: 'the free pages and the write-ahead log back to the disk',
  lock: "the file's write lock, for about 25 ms at a time, 12 ms while others write; nobody reads slower",
  needs: 'nothing else',
  needsBytes: null,
  ours: true,
};

/** Only writing the file again makes it one that can give back in slices. Source: https://www.sqlite.org/pragma.html#pragma_auto_vacuum */
function wholeFile(stays: number, mode: number): SpaceRemedy {
  return {
    command: mode === NONE ? 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM;' : 'VACUUM;',
    gives: `all free pages back to the disk${mode === NONE ? '; from then on db:reclaim can do it in slices' : ''}`,
    lock: 'the write lock of the whole file until it is done: nobody else writes; without WAL mode, nobody reads either',
    needs: 'twice what stays free on disk, of it one half beside the file and one in the temporary directory',
    needsBytes: 2 * stays,
    ours: false,
  };
}
