import { type RawBuilder, sql } from 'kysely';

/** A string literal in DDL, where no engine takes parameters. A backslash means another thing on each engine, so none is let in. */
export function literal(text: string): RawBuilder<string> {
  if (/[\\\p{Cc}]/u.test(text)) throw new TypeError(`not a plain literal for DDL: ${JSON.stringify(text)}`);
  return sql.lit(text);
}
