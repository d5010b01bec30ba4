/**
 * A snapshot of SQLite: one session, as statements block this thread, and a second one would bring nothing. Another thread's
 * session sees the same if nobody has committed anything between the beginnings of both, which a third connection is asked.
 */
import type Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import type { Snapshot } from '../contract/snapshots.ts';
import type { Place } from '../place.ts';
import { beginReading, NOT_SHARED, readersOf, type Sharing } from '../reading-transactions.ts';
import { openFile } from './file.ts';

/** Of a file there is one state only. */
const LATEST = 'latest';

interface File {
  readonly file: string;
  readonly place: Place;
  readonly db: Kysely<unknown>;
}

/** @param readers whether others are to join: more than one */
export async function snapshot({ file, place, db }: File, readers: number): Promise<Snapshot> {
  const witness = readers > 1 && file !== ':memory:' ? openFile(file, 'inspect', place) : undefined;
  try {
    const sharing = witness ? sharingOf(witness) : NOT_SHARED;
    const { close, ...begun } = await snapshotAt(db);
    const closeAll = async () => {
      witness?.close();
      await close();
    };
    return { ...begun, ...sharing, close: closeAll };
  } catch (error) {
    witness?.close();
    throw error;
  }
}

export async function snapshotAt(db: Kysely<unknown>): Promise<Snapshot> {
  const reading = await beginReading(db);
  // A transaction's moment is that of its first read.
  await sql`select 1 from sqlite_schema limit 1`.execute(reading);
  return readersOf(db, reading, 1, async () => {});
}

/** Within a transaction the version is that of its moment. Source: https://www.sqlite.org/pragma.html#pragma_data_version */
export async function stateOf(db: Kysely<unknown>): Promise<string> {
  const { rows } = await sql<{ data_version: bigint }>`pragma data_version`.execute(db);
  return String(rows[0]?.data_version);
}

function sharingOf(witness: Database.Database): Sharing {
  // Another one as soon as any other connection has committed, asked on the same connection.
  const version = () => witness.pragma('data_version', { simple: true });
  const before = version();
  return { moment: LATEST, isShared: async () => version() === before };
}
