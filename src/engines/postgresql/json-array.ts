/** Rows as JSON that the server writes: its C does that in less time than it takes to hand the values over one by one. */
import { type RawBuilder, sql } from 'kysely';
import type { JsonColumn, RowLines } from '../contract/rows.ts';

/** Beyond it JavaScript's numbers have gaps. */
const SAFE = Number.MAX_SAFE_INTEGER;

/** Text, as JSON.stringify would write it: PostgreSQL escapes the same characters in the same way. */
export function jsonArray(columns: readonly JsonColumn[]): RawBuilder<string> {
  const values = columns.map(({ name, type }) => sql`coalesce(${jsonText(sql.ref(name), type)}, 'null')`);
  return sql<string>`'[' || concat_ws(',', ${sql.join(values)}) || ']'`;
}

export const ROW_LINES: RowLines = {
  bytes: 'base64',
  line: jsonArray,
  joined: (line) => sql<string>`string_agg((${line})::text, E'\\n')`,
  // The types of its columns see to that; instants beyond the calendar come back on PostgreSQL.
  isProper: () => sql<boolean>`true`,
  digests: (line) => sql<Buffer | null>`string_agg(substr(sha256(convert_to(${line}, 'UTF8')), 1, 16), '')`,
};

function jsonText(value: RawBuilder<unknown>, type: string): RawBuilder<unknown> {
  switch (type) {
    case 'bigint':
      return sql`case when ${value} between ${sql.lit(-SAFE)} and ${sql.lit(SAFE)} then ${value}::text
        else '"' || ${value} || '"' end`;
    case 'integer':
    case 'boolean':
      return sql`${value}::text`;
    case 'binary':
      // Its line breaks: to translate each character takes longer than all the rest.
      return sql`'"' || replace(encode(${value}, 'base64'), E'\n', '') || '"'`;
    case 'json':
      return sql`to_json(${value}::text)::text`;
    case 'datetime':
      // Infinity, and years of other than four digits, are shown as they are. Sessions are in UTC.
      return sql`case when ${value} >= '0001-01-01' and ${value} < '10000-01-01'
        then '"' || to_char(${value}, 'YYYY-MM-DD HH24:MI:SS.US') || '"' else to_json(${value}::text)::text end`;
    default:
      return sql`to_json(${value})::text`;
  }
}
