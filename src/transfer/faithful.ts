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
  row: Row,
): Promise<void> {
  if (!engine.capabilities.anyBytesInText) return;
  for (const [place, { name }] of table.columns.entries()) {
    const text = row[place];
    if (typeof text !== 'string' || !text.includes('\uFFFD')) continue;
    const key = sql.join(
      table.key.map(
        (column) =>
          sql`${sql.ref(column)} = ${row[table.columns.findIndex((other) => other.name === column)]}`,
      ),
      sql` and `,
    );
    const { rows } = await sql<{ bytes: Buffer }>`
      select cast(${sql.ref(name)} as blob) as bytes from ${sql.table(table.name)} where ${key}`.execute(db);
    if (rows[0]?.bytes.equals(Buffer.from(text))) continue;
    throw new MultiFlexiError(
      'CANNOT_BE_SAVED',
      `Column ${table.name}.${name} has a text that is not valid UTF-8 and would not come back as it is; nothing was done.`,
      { next: 'Mend the text, or do without saving it, and run the command again.' },
    );
  }
}
