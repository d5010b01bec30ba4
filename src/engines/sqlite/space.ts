/** Space of an SQLite file: its header knows how many pages it has and how many of them are free. */

import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { rows } from '../../written-numbers.ts';
import { mebibytes } from '../bytes.ts';
import type { SpaceRemedy, SpaceUse } from '../contract/upkeep.ts';
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
  const kept = (pages - free) * page;
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  // Given back already, but the file can only be cut when the WAL is written back.
  const overdue = Math.max(0, size - pages * page);
  const wal = walBytes(file);
  const longWal = wal > ORDINARY_WAL_PAGES * page;
  const mode = pragma('auto_vacuum');
  const remedies: SpaceRemedy[] = [];
  if ((free > 0 && mode === INCREMENTAL) || overdue > 0 || longWal) remedies.push(IN_SLICES);
  const slow = mode === INCREMENTAL && free > TOO_MANY_FREE;
  if ((free > 0 && mode === NONE) || slow) remedies.push(wholeFile(kept, mode));
  return {
    diskBytes: size + wal,
    freeBytes: free * page + overdue,
    estimated: false,
    gain: (mode === INCREMENTAL ? free * page : 0) + overdue + (longWal ? wal : 0),
    remedies,
    notes: [
      ...(longWal ? [walStays(wal)] : []),
      ...(slow
        ? [
            `${rows(free)} pages are free. Giving them back in short steps may take hours, because SQLite searches all of them for each page; VACUUM takes only as long as writing the remaining data once.`,
          ]
        : []),
    ],
  };
}

export function walStays(bytes: number): string {
  return `The write-ahead log beside the file takes ${mebibytes(bytes)}: another connection still reads from it, or has not let it be written back. Its space is returned when that transaction has ended and space is reclaimed again, or when the last connection closes.`;
}

const IN_SLICES: SpaceRemedy = {
  ours: true,
  action: { action: 'reclaim' },
  gives: 'returns the free pages and the write-ahead log to the disk',
  lock: "the file's write lock, for about 25 ms at a time (12 ms while others write); readers are not affected",
  needs: 'nothing else',
  needsBytes: null,
};

/** Only writing the file again makes it one that can give back in slices. Source: https://www.sqlite.org/pragma.html#pragma_auto_vacuum */
function wholeFile(kept: number, mode: number): SpaceRemedy {
  return {
    ours: false,
    sql: mode === NONE ? 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM;' : 'VACUUM;',
    gives: `returns all free pages to the disk${mode === NONE ? '; from then on the file can be shrunk in short steps' : ''}`,
    lock: 'the write lock of the whole file until it is done: nobody else can write and, without WAL mode, read',
    needs:
      'free disk space of twice the remaining data: once next to the file, once in the temporary directory',
    needsBytes: 2 * kept,
  };
}
