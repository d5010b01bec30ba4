/** Keeps writers out of an SQLite file: a connection of its own that holds the one write lock, and writes nothing. */
import type Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import type { HeldTables, Lock } from '../contract/locks.ts';
import type { Place } from '../place.ts';
import { untilUnlocked } from '../waiting.ts';
import { openFile } from './file.ts';

interface File {
  readonly file: string;
  readonly place: Place;
  readonly kyselyOn: (connection: Database.Database) => Kysely<unknown>;
}

export async function holdWriters({ file, place, kyselyOn }: File, request: HeldTables): Promise<Lock> {
  const connection = openFile(file, 'change', place);
  // SQLite's own wait lets nothing else happen.
  connection.pragma('busy_timeout = 0');
  const db = kyselyOn(connection);
  try {
    await untilUnlocked(request, () => sql`begin immediate`.execute(db));
  } catch (error) {
    connection.close();
    throw error;
  }
  return {
    // The lock is of this process, and only its end could take it away.
    signal: new AbortController().signal,
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    release: async () => {
      await sql`rollback`.execute(db);
      await db.destroy();
      if (connection.open) connection.close();
    },
  };
}
