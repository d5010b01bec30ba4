/** Tables of the current schema by their names. */
import { type RawBuilder, sql } from 'kysely';

/** @param alias of pg_class in the statement */
export function tablesNamed(alias: string, tables: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`(${sql.ref(`${alias}.relnamespace`)} = quote_ident(current_schema())::regnamespace
    and ${sql.ref(`${alias}.relname`)} = any (${tables as string[]}::text[]))`;
}
