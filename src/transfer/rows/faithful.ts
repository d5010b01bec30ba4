/** Whether a row can be written to a file as it is, and what stands for its digest where it cannot. */
import { hash } from 'node:crypto';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Rows } from '../../engines/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import type { Row } from '../row-stream/values.ts';
import { cannotBeSaved } from './restorable.ts';

/** What bytes that are no UTF-8 are read as. */
const REPLACEMENT = '\uFFFD';

/**
 * Where a text keeps any bytes, those that are no UTF-8 are read as replacement characters.
 * @param from the table that they were read from, where it is not their own
 * @throws CANNOT_BE_SAVED
 */
export async function requireFaithful(
  engine: Rows,
  db: Kysely<unknown>,
  table: RowStreamTable,
  rows: readonly Row[],
  from = table.name,
): Promise<void> {
  if (!engine.bytesOfText) return;
  for (const row of rows) {
    // Waiting for nothing would cost more than looking.
    if (!mayBeInvalid(row)) continue;
    const fault = await invalidText(engine, db, { ...table, name: from }, row);
    if (fault !== undefined) throw cannotBeSaved(table, row, fault);
  }
}

/** @returns what is wrong, as part of a sentence */
export async function invalidText(
  engine: Rows,
  db: Kysely<unknown>,
  table: RowStreamTable,
  row: Row,
): Promise<string | undefined> {
  const { bytesOfText } = engine;
  if (!bytesOfText) return undefined;
  for (const [place, { name }] of table.columns.entries()) {
    const text = row[place];
    if (typeof text !== 'string' || !text.includes(REPLACEMENT)) continue;
    if ((await bytesOf(db, table, bytesOfText(name), row))?.equals(Buffer.from(text))) continue;
    return `${name} is not valid UTF-8`;
  }
  return undefined;
}

/**
 * The same rows, in which a text that is no UTF-8 is a value of its bytes, as a large one is: no valid text has that digest, and
 * no other bytes have it, although they are read as the same replacement characters.
 */
export async function withBytesOfInvalidText(
  engine: Rows,
  db: Kysely<unknown>,
  table: RowStreamTable,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const { bytesOfText } = engine;
  if (!bytesOfText || !rows.some(mayBeInvalid)) return rows;
  const faithful: Row[] = [];
  for (const row of rows) {
    const values = [...row];
    for (const [place, { name }] of table.columns.entries()) {
      const text = row[place];
      if (typeof text !== 'string' || !text.includes(REPLACEMENT)) continue;
      const bytes = await bytesOf(db, table, bytesOfText(name), row);
      if (bytes && !bytes.equals(Buffer.from(text)))
        values[place] = new LargeValue(bytes.length, hash('sha256', bytes, 'hex'));
    }
    faithful.push(values);
  }
  return faithful;
}

/** Whether {@link invalidText} has anything to look at. */
export function mayBeInvalid(row: Row): boolean {
  for (const value of row) if (typeof value === 'string' && value.includes(REPLACEMENT)) return true;
  return false;
}

async function bytesOf(
  db: Kysely<unknown>,
  { name, key, columns }: RowStreamTable,
  bytes: RawBuilder<Buffer>,
  row: Row,
): Promise<Buffer | undefined> {
  const partOf = (part: string) => row[columns.findIndex((other) => other.name === part)];
  const isIt = sql.join(
    key.map((part) => sql`${sql.ref(part)} = ${partOf(part)}`),
    sql` and `,
  );
  const { rows } = await sql<{ bytes: Buffer }>`
    select ${bytes} as bytes from ${sql.table(name)} where ${isIt}`.execute(db);
  return rows[0]?.bytes;
}
