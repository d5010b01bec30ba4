/** Whether a row can be written to a file as it is. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import type { RowStreamTable } from './row-stream/format.ts';
import type { Row } from './row-stream/values.ts';

/**
 * SQLite keeps any bytes in a text; those that are no UTF-8 are read as replacement characters.
 * @throws CANNOT_BE_SAVED
 */
export async function requireFaithful(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  rows: readonly Row[],
): Promise<void> {
  if (!engine.capabilities.anyBytesInText) return;
  for (const row of rows)
    for (const [place, { name }] of table.columns.entries()) {
      const text = row[place];
      if (typeof text !== 'string' || !text.includes('\uFFFD')) continue;
      if ((await bytesOf(db, table, name, row))?.equals(Buffer.from(text))) continue;
      throw new MultiFlexiError(
        'CANNOT_BE_SAVED',
        `Column ${table.name}.${name} has a text that is not valid UTF-8 and would not come back as it is; nothing was done.`,
        { next: 'Mend the text, or do without saving it, and run the command again.' },
      );
    }
}

async function bytesOf(
  db: Kysely<unknown>,
  { name, key, columns }: RowStreamTable,
  column: string,
  row: Row,
): Promise<Buffer | undefined> {
  const partOf = (part: string) => row[columns.findIndex((other) => other.name === part)];
  const isIt = sql.join(
    key.map((part) => sql`${sql.ref(part)} = ${partOf(part)}`),
    sql` and `,
  );
  const { rows } = await sql<{ bytes: Buffer }>`
    select cast(${sql.ref(column)} as blob) as bytes from ${sql.table(name)} where ${isIt}`.execute(db);
  return rows[0]?.bytes;
}
