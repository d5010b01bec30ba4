/** Sizes on MySQL and MariaDB: the page's query, with what is free inside each table. */
import { type Kysely, sql } from 'kysely';
import { biggestFirst, sumOf } from '../counting.ts';
import type { DatabaseSize } from '../sizes.ts';
import { isOwnDatabase } from './own-database.ts';

interface SizeRow {
  name: string;
  row_count: bigint | null;
  data_bytes: bigint | null;
  index_bytes: bigint | null;
  free_bytes: bigint | null;
}

/** The shortest time that both servers take, in seconds. */
const PATIENCE_S = 1;

/**
 * InnoDB's own statistics: cheap, and as fresh as its last look at the table (it looks after a tenth changed). The server
 * passes over whoever waits for a table, and leaves figures out where somebody holds it alone for longer than the session
 * waits.
 */
export async function sizes(db: Kysely<unknown>): Promise<DatabaseSize> {
  const rows = await waitingBriefly(db, sizeRows);
  const tables = biggestFirst(
    rows.filter(isMeasured).map((row) => {
      const dataBytes = Number(row.data_bytes ?? 0);
      const indexBytes = Number(row.index_bytes ?? 0);
      return {
        name: row.name,
        rows: Number(row.row_count ?? 0),
        rowsExact: false,
        dataBytes,
        indexBytes,
        overflowBytes: null,
        totalBytes: dataBytes + indexBytes,
        bytesExact: true,
        freeBytes: row.free_bytes === null ? null : Number(row.free_bytes),
      };
    }),
  );
  const freeBytes = sumOf(tables, (table) => table.freeBytes ?? 0);
  return {
    tables,
    unmeasured: rows.filter((row) => !isMeasured(row)).map(({ name }) => ({ name, why: 'busy' })),
    totalBytes: sumOf(tables, (table) => table.totalBytes) + freeBytes,
    freeBytes,
    freeIs: 'at least',
    files: [],
    notes: [
      'Overflow is unknown: InnoDB counts long values that it keeps outside of their rows as data.',
      'Free space is at least what is shown: InnoDB counts whole free extents alone.',
    ],
  };
}

function isMeasured({ data_bytes }: SizeRow): boolean {
  return data_bytes !== null;
}

async function sizeRows(db: Kysely<unknown>): Promise<SizeRow[]> {
  const { rows } = await sql<SizeRow>`
    select table_name as name, table_rows as row_count, data_length as data_bytes,
           index_length as index_bytes, data_free as free_bytes
    from information_schema.tables
    where ${isOwnDatabase('table_schema')} and table_type in ('BASE TABLE', 'SYSTEM VERSIONED')`.execute(db);
  return rows;
}

/** The session waits as long as before when it is handed back. */
async function waitingBriefly<T>(
  db: Kysely<unknown>,
  work: (session: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  return db.connection().execute(async (session) => {
    const { rows } = await sql<{ seconds: bigint }>`select @@lock_wait_timeout as seconds`.execute(session);
    await sql`set session lock_wait_timeout = ${sql.lit(PATIENCE_S)}`.execute(session);
    try {
      return await work(session);
    } finally {
      await sql`set session lock_wait_timeout = ${sql.lit(Number(rows[0]?.seconds ?? 2n))}`.execute(session);
    }
  });
}
