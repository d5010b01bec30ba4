/**
 * Names in `information_schema`, compared as the server tells databases and tables apart. MariaDB compares them there
 * without case and accents, so that a neighbour `joblog` is taken for `jobLog` and `jóblog` too.
 */
import { type RawBuilder, sql } from 'kysely';

/**
 * Whether a column of `information_schema` names the current database. The plain comparison comes first: by it the
 * server opens one database's tables instead of all.
 */
export function isOwnDatabase(column: string): RawBuilder<boolean> {
  const name = sql.ref(column);
  return sql<boolean>`${name} = database() and ${sameName(name, sql`database()`)}`;
}

/** Bytes for bytes; where the server itself takes no notice of case (Windows, macOS), neither does this. */
function sameName(a: RawBuilder<unknown>, b: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`if(@@lower_case_table_names = 0, cast(${a} as binary) = cast(${b} as binary),
    cast(lower(${a}) as binary) = cast(lower(${b}) as binary))`;
}
