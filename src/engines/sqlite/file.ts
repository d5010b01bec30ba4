/** Opening an SQLite file: which file, with which rights, and set up how. */

import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { codeOf, fileReason, makePrivateDirectory } from '../../system/index.ts';
import type { Access } from '../contract/connection.ts';
import { failure } from '../failure.ts';
import type { Place } from '../place.ts';
import { classify } from './diagnosis.ts';
import { noSuchFile, unseen } from './failures.ts';
import { requireWritable, whyNotOpened } from './unopened.ts';

/** How long a statement waits for another process's write transaction, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;
/**
 * Pages in memory: whoever reads goes through a table in order; rows that are loaded go to the ends of most indexes; deleting walks
 * many indexes at once, and with less reads their pages again and again.
 */
const CACHE_KIB: Readonly<Record<Access, number>> = {
  inspect: 4 * 1024,
  create: 16 * 1024,
  change: 32 * 1024,
};

export function openFile(file: string, access: Access, place: Place): Database.Database {
  try {
    return setUp(open(file, access, place), access);
  } catch (error) {
    throw whyNotOpened(file, access, error) ?? failure(classify(error), place, error);
  }
}

function open(file: string, access: Access, place: Place): Database.Database {
  if (file === ':memory:') return new Database(file);
  if (isThere(file)) {
    if (!statSync(file).isFile()) throw failure('NOT_A_DATABASE', place, undefined);
    if (access !== 'inspect') requireWritable(file);
    return new Database(file, { readonly: access === 'inspect', fileMustExist: true });
  }
  // An empty database stands in for the missing file, so that asking about it creates nothing.
  if (access === 'inspect') return new Database(':memory:');
  if (access === 'change') {
    throw noSuchFile(file);
  }
  createPrivately(file, place);
  return new Database(file, { fileMustExist: true });
}

/** @throws what keeps this user from looking: a file that cannot be seen is no missing one */
function isThere(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return false;
    throw unseen(file, fileReason(error));
  }
}

/** The file exists with its rights before SQLite writes to it; its WAL inherits them. */
function createPrivately(file: string, place: Place): void {
  try {
    makePrivateDirectory(dirname(file));
    closeSync(openSync(file, 'ax', 0o600));
    chmodSync(file, 0o600);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && existsSync(file)) return;
    throw failure('SERVER_UNREACHABLE', place, error);
  }
}

function setUp(database: Database.Database, access: Access): Database.Database {
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  database.pragma('foreign_keys = ON');
  database.pragma(`cache_size = -${CACHE_KIB[access]}`);
  const empty = Number(database.pragma('page_count', { simple: true })) === 0;
  if (empty && access === 'create') {
    // Both are written into the file's header and hold from now on; auto_vacuum only before the first table.
    database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
  }
  // Reads the header: a file that is no database fails here, not in the middle of the work.
  database.pragma('schema_version');
  return database;
}
