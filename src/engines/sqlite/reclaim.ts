/** Giving free pages of an SQLite file back to the disk, in transactions as short as was asked for. */

import type Database from 'better-sqlite3';
import { codeOf } from '../../system/index.ts';
import type { ReclaimPiece, ReclaimWork } from '../contract/upkeep.ts';
import { walStays } from './space.ts';
import { truncateWal, walBytes, writeBack } from './wal.ts';

/**
 * While somebody reads an old state, the WAL cannot be written back, and the file cannot shrink: moving more pages only
 * makes the WAL longer. From as many bytes on as it has by itself, we wait for the reader.
 */
const LONGEST_WAL = 4 * 1024 * 1024;
/** Pages of the first slice; each may take twice as many as the one before. */
const FIRST = 64;
const READER = 'another connection that reads an old state of the file and keeps the write-ahead log';

/**
 * `incremental_vacuum` cuts the last page off, after it has moved what is on it to a free one. On a file without
 * incremental auto-vacuum it does nothing, and only the WAL is left to be given back.
 */
export function reclaim(
  database: Database.Database,
  file: string,
  translate: (error: unknown) => Error,
): ReclaimWork {
  const pragma = (name: string) => Number(database.pragma(name, { simple: true }));
  const page = pragma('page_size');
  // What others free while we work is not chased: they will use it again.
  let left = pragma('auto_vacuum') === 2 ? pragma('freelist_count') : 0;
  let most = FIRST;
  // The driver steps such a statement once and takes that for the whole, so each run is one page.
  const onePage = database.prepare('PRAGMA incremental_vacuum(1)');

  function slice(milliseconds: number): ReclaimPiece {
    let wanted = 0;
    database.exec('BEGIN IMMEDIATE');
    try {
      const started = performance.now();
      const before = pragma('page_count');
      const free = pragma('freelist_count');
      wanted = Math.min(left, most, free);
      for (let pages = 0; pages < wanted; pages++) {
        // The commit takes about a fifth of the time of the work.
        if (performance.now() - started > milliseconds * 0.8) break;
        onePage.run();
      }
      // The page in front of the last one may have held the map of those that went: it goes as well.
      const bytes = (before - pragma('page_count')) * page;
      const taken = free - pragma('freelist_count');
      database.exec('COMMIT');
      // None can go any more, whatever was counted.
      left = taken === 0 ? 0 : left - taken;
      most *= 2;
      return { bytes, held: performance.now() - started, waitsFor: null };
    } catch (error) {
      if (database.inTransaction) database.exec('ROLLBACK');
      // The pages are written to the WAL first: a disk that is nearly full has room for a few of them.
      if (codeOf(error) !== 'SQLITE_FULL' || wanted <= 1) throw error;
      most = Math.ceil(wanted / 4);
      return slice(milliseconds);
    }
  }

  return {
    next: async (milliseconds) => {
      try {
        if (left <= 0) return undefined;
        if (writeBack(database).left * page > LONGEST_WAL) return { bytes: 0, held: 0, waitsFor: READER };
        return slice(milliseconds);
      } catch (error) {
        throw translate(error);
      }
    },
    end: async () => {
      try {
        return (await truncateWal(database)) ? [] : [walStays(walBytes(file))];
      } catch (error) {
        throw translate(error);
      }
    },
  };
}
