/** Writes rows by INSERT and UPDATE, large values in pieces, within what a statement may take. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { portions } from '../../pacing/index.ts';
import { statementTooLarge } from '../failures.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import { type Row, rowWords } from '../row-stream/values.ts';
import { gatheredRows } from './gathered-rows.ts';

/** Well below what servers take, whatever is in it; a row that is larger goes alone. */
const STATEMENT_BYTES = 1024 * 1024;

/** Bytes are written as twice as many digits, and a text may have to be escaped throughout. */
function writtenBytes(row: Row): number {
  let bytes = 64;
  for (const value of row) {
    if (Buffer.isBuffer(value)) bytes += value.length * 2 + 8;
    // Its server puts it together as what a statement may be at most.
    else if (value instanceof LargeValue) bytes += value.bytes + 8;
    else bytes += typeof value === 'string' ? Buffer.byteLength(value) * 2 + 8 : 24;
  }
  return bytes;
}

/**
 * @param db a transaction
 * @param end of each statement; with one, no row has a large value
 * @throws TOO_LARGE; CONSTRAINT and others of the database
 */
export async function insertRows(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  rows: readonly Row[],
  end: RawBuilder<unknown> = sql``,
): Promise<void> {
  const columns = sql.join(table.columns.map(({ name }) => sql.ref(name)));
  const insert = sql`insert into ${sql.table(table.name)} (${columns}) ${engine.keepingIds}`;
  const list = (row: Row) => sql.join(row.map((value) => sql`${value}`));
  for (const row of rows) await requireFits(engine, table, row, row);
  for (const some of portions(rows, writtenBytes, STATEMENT_BYTES))
    await gatheredRows(engine, db, table, some, async (written, from) => {
      const values = sql.join(written.map((row) => sql`(${list(row)})`));
      // A row with a large value is alone.
      const [first = []] = written;
      const source = from ? sql`select ${list(first)} ${from}` : sql`values ${values}`;
      await sql`${insert} ${source} ${end}`.execute(db);
    });
}

/**
 * Gives columns of one row the values that they have in `row`; rows that refer to it are left alone.
 * @param db a transaction @returns whether there is such a row @throws TOO_LARGE; CONSTRAINT and others of the database
 */
export async function updateRow(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  names: readonly string[],
  row: Row,
): Promise<boolean> {
  const valueIn = (name: string) => row[table.columns.findIndex((column) => column.name === name)];
  const key = sql.join(
    table.key.map((name) => sql`${sql.ref(name)} = ${valueIn(name)}`),
    sql` and `,
  );
  const columns = table.columns.filter(({ name }) => names.includes(name));
  const values = columns.map(({ name }) => valueIn(name));
  await requireFits(engine, table, row, values);
  let found = 0n;
  await gatheredRows(engine, db, { columns }, [values], async ([written = []], from) => {
    const set = columns.map(({ name }, place) => {
      const isGathered = from && values[place] instanceof LargeValue;
      const value = isGathered ? sql`(select ${written[place]} ${from})` : sql`${written[place]}`;
      return sql`${sql.ref(name)} = ${value}`;
    });
    const { numAffectedRows } = await sql`
      update ${sql.table(table.name)} set ${sql.join(set)} where ${key}`.execute(db);
    found += numAffectedRows ?? 0n;
  });
  return found > 0n;
}

/** @param written the values of the row that a statement carries @throws TOO_LARGE */
export async function requireFits(
  engine: Engine,
  table: RowStreamTable,
  row: Row,
  written: Row,
): Promise<void> {
  const bytes = writtenBytes(written);
  if (bytes <= STATEMENT_BYTES) return;
  const largest = await engine.largestStatement();
  if (largest === null || bytes < largest.bytes) return;
  throw statementTooLarge(rowWords(table, row), bytes, {
    where: engine.where,
    largest: largest.bytes,
    raise: largest.raiseTo(bytes),
  });
}
