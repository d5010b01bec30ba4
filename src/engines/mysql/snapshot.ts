/**
 * Sessions of MySQL and MariaDB that see the same moment: they begin while nobody can write. Where that is not possible – an
 * account without LOCK TABLES, a long transaction, a node of a cluster – there is one session, which needs no such moment.
 */
import { sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { Lock } from '../contract/locks.ts';
import type { Snapshot } from '../contract/snapshots.ts';
import { beginReading, type Reading, readersOf } from '../reading-transactions.ts';
import type { MysqlServer } from './connection.ts';
import { holdWriters } from './hold-writers.ts';
import { tableNames } from './introspection.ts';

/** @param reachesAll whether locks keep out everybody who can write to the database */
export async function snapshot(
  server: MysqlServer,
  readers: number,
  reachesAll: () => Promise<boolean>,
): Promise<Snapshot> {
  const tables = await tableNames(server.db);
  const [table] = tables;
  const see = async (reading: Reading) => {
    // A transaction's moment is that of its first read.
    if (table !== undefined) await sql`select 1 from ${sql.table(table)} limit 1`.execute(reading);
  };
  const held = readers > 1 && table !== undefined && (await reachesAll()) && (await hold(server, tables));
  try {
    const first = await beginReading(server.db);
    await see(first);
    return await readersOf(server.db, first, held ? readers : 1, see);
  } finally {
    if (held) await held.release();
  }
}

async function hold(server: MysqlServer, tables: readonly string[]): Promise<Lock | undefined> {
  return holdWriters(server, { tables, waitMs: 0 }).catch((error: unknown) => {
    if (isMultiFlexiError(error, 'LOCK_TIMEOUT') || isMultiFlexiError(error, 'PERMISSION_DENIED'))
      return undefined;
    throw error;
  });
}
