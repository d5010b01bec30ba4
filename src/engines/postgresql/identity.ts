/** Sequences behind identity columns, which take no notice of ids that are given. */
import { type Kysely, sql } from 'kysely';

/**
 * Brings the table's sequence past its largest id; never back, so that an id of a row that is gone is not given again.
 * @param db where the rows are to be seen: the transaction that has inserted them, or any session after it
 */
export async function catchUpIdentity(db: Kysely<unknown>, table: string, past = 0n): Promise<void> {
  const { rows } = await sql<{ column: string }>`
    select attname as column from pg_attribute
    where attrelid = quote_ident(${table})::regclass and attidentity <> ''`.execute(db);
  for (const { column } of rows) {
    const sequence = sql`pg_get_serial_sequence(quote_ident(${table}), ${column})`;
    await sql`
      select setval(${sequence}, greatest(max(${sql.ref(column)}), coalesce(pg_sequence_last_value(${sequence}), 0), ${past}::bigint))
      from ${sql.table(table)} having greatest(max(${sql.ref(column)}), ${past}::bigint) > 0`.execute(db);
  }
}
