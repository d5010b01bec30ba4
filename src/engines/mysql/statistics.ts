/** The statistics of InnoDB, which it makes anew by itself after every tenth change unless that is switched off. */
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { TableStatistics } from '../contract/upkeep.ts';
import { tableNames } from './introspection.ts';

interface Counters {
  name: string;
  n: bigint;
  changes: bigint;
  /** `Initialized` on MySQL, 1 on MariaDB. */
  state: string | number | bigint;
}

/** InnoDB's own rule: a tenth of the rows. Source: https://dev.mysql.com/doc/refman/8.4/en/innodb-persistent-stats.html */
const SHARE = 10;
/** What is gone before InnoDB would have looked at a small table; it makes statistics of so few rows too often. */
const FEW_CHANGES = 100;

/**
 * How many rows were changed InnoDB counts in memory, and tells those with the privilege PROCESS alone; a server that was
 * restarted counts from nothing.
 */
export async function statistics(
  db: Kysely<unknown>,
  database: string,
  view: string,
  tables: readonly string[],
): Promise<readonly TableStatistics[]> {
  const counters = await countersOf(db, database, view, tables);
  if (counters === null) {
    const there = new Set(await tableNames(db));
    return tables
      .filter((table) => there.has(table))
      .map((table) =>
        unknown(table, 'has counters that only an account with the privilege PROCESS may read'),
      );
  }
  return tables.flatMap((table): readonly TableStatistics[] => {
    const found = counters.get(`${encoded(database)}/${encoded(table)}`);
    if (!found) return [];
    // Nobody has used it since its statistics were made or the server started, so that nothing has changed since either.
    if (found.state !== 'Initialized' && Number(found.state) !== 1)
      return [
        { table, changes: null, threshold: null, analyzedAt: null, never: false, stale: false, why: null },
      ];
    const [changes, threshold] = [Number(found.changes), thresholdOf(Number(found.n))];
    const stale = changes > threshold;
    return [{ table, changes, threshold, analyzedAt: null, never: false, stale, why: null }];
  });
}

/**
 * LOCAL, which is NO_WRITE_TO_BINLOG: InnoDB on a replica keeps statistics of its own, and would only be held up.
 * @throws PERMISSION_DENIED without SELECT and INSERT on the table
 */
export async function analyze(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`analyze local table ${sql.table(table)}`.execute(db);
}

function thresholdOf(rows: number): number {
  return Math.max(Math.floor(rows / SHARE), FEW_CHANGES);
}

function unknown(table: string, why: string): TableStatistics {
  return { table, changes: null, threshold: null, analyzedAt: null, never: false, stale: null, why };
}

/** @returns null where this account may not read them */
async function countersOf(
  db: Kysely<unknown>,
  database: string,
  view: string,
  tables: readonly string[],
): Promise<ReadonlyMap<string, Counters> | null> {
  const names = tables.map((table) => `${encoded(database)}/${encoded(table)}`);
  if (names.length === 0) return new Map();
  try {
    const { rows } = await sql<Counters>`
      select name, num_rows as n, modified_counter as changes, stats_initialized as state
      from information_schema.${sql.raw(view)} where name in (${sql.join(names)})`.execute(db);
    return new Map(rows.map((row) => [row.name, row]));
  } catch (error) {
    if (isMultiFlexiError(error, 'PERMISSION_DENIED')) return null;
    throw error;
  }
}

/** As a name is written in the name of a file, which is what InnoDB knows it by; of those that are ours to know. */
export function encoded(name: string): string {
  return name.replaceAll(
    /[^0-9A-Za-z_]/g,
    (character) => `@${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
