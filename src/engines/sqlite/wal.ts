/** The write-ahead log of an SQLite file. */
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type Database from 'better-sqlite3';

const TRIES = 20;
const REST_MS = 25;

/**
 * Writes the WAL back and gives its space to the disk; who reads from it just now keeps it. Such a checkpoint holds the
 * write lock for as long as it waits for readers: so it does not wait at all, and is tried again instead.
 * Source: https://www.sqlite.org/c3ref/wal_checkpoint_v2.html
 * @returns whether it is empty now
 */
export async function truncateWal(database: Database.Database): Promise<boolean> {
  for (let tried = 1; ; tried++) {
    // Most of it is written back here, while others write.
    checkpoint(database, 'PASSIVE');
    if (withoutWaiting(database, () => !checkpoint(database, 'TRUNCATE').busy)) return true;
    if (tried === TRIES) return false;
    await sleep(REST_MS);
  }
}

/** Writes back what no reader keeps, and waits for nobody. */
export function writeBack(database: Database.Database): WrittenBack {
  const { busy, log, checkpointed } = checkpoint(database, 'PASSIVE');
  return { left: Math.max(0, log - checkpointed), byOthers: busy === 1 };
}

export interface WrittenBack {
  /** Pages that are not written back. */
  readonly left: number;
  /** Somebody else is writing it back just now. */
  readonly byOthers: boolean;
}

export function walBytes(file: string): number {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

interface Checkpoint {
  readonly busy: number;
  /** Pages in the WAL, and of them those that are written back; -1 where the file has no WAL. */
  readonly log: number;
  readonly checkpointed: number;
}

function checkpoint(database: Database.Database, mode: 'PASSIVE' | 'TRUNCATE'): Checkpoint {
  const [row] = database.pragma(`wal_checkpoint(${mode})`) as readonly Checkpoint[];
  return row ?? { busy: 0, log: -1, checkpointed: -1 };
}

function withoutWaiting<T>(database: Database.Database, work: () => T): T {
  const before = Number(database.pragma('busy_timeout', { simple: true }));
  database.pragma('busy_timeout = 0');
  try {
    return work();
  } finally {
    database.pragma(`busy_timeout = ${before}`);
  }
}
