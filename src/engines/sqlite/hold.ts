/**
 * A lock of the operating system on a file, as SQLite takes it on every system: in `BEGIN EXCLUSIVE` on a database in
 * which nothing is ever written. It is gone with the process that holds it, `kill -9` included.
 */
import Database from 'better-sqlite3';
import { codeOf } from '../../system/index.ts';

export interface Held {
  close(): void;
}

/**
 * @param file which exists
 * @param waitMs how long others are waited for; nothing else happens in this process meanwhile
 * @returns undefined while somebody else holds it
 * @throws what SQLite says of a file that it cannot lock
 */
export function hold(file: string, waitMs: number): Held | undefined {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: waitMs, fileMustExist: true });
    // Nothing is ever written: without a journal on disk, a full one keeps nobody from the lock.
    database.pragma('journal_mode = memory');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (codeOf(error).startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}
