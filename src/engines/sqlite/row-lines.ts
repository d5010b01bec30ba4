/** Rows as lines of JSON that SQLite writes: handing its values over one by one takes this process several times as long. */
import { type RawBuilder, sql } from 'kysely';
import type { JsonColumn, RowLines } from '../contract/rows.ts';

/** Beyond it JavaScript's numbers have gaps. */
const SAFE = sql.lit(Number.MAX_SAFE_INTEGER);
const LEAST = sql.lit(-Number.MAX_SAFE_INTEGER);

export const ROW_LINES: RowLines = {
  // It has no base64.
  bytes: 'hex',
  line: (columns) => sql<string | null>`case when ${all(columns.map(isOfType))}
    then '[' || concat_ws(',', ${sql.join(columns.map(text))}) || ']' end`,
  // Bytes need not be decoded; those of another encoding would have to be.
  joined: (line) => sql<Buffer | string>`case when (select encoding from pragma_encoding) = 'UTF-8'
    then cast(group_concat(${line}, char(10)) as blob) else group_concat(${line}, char(10)) end`,
  isProper: (columns) => sql<boolean>`(${all(columns.flatMap(isProper))})`,
  digests: null,
};

const INSTANT = sql.lit(
  `${'[0-9]'.repeat(4)}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].${'[0-9]'.repeat(6)}`,
);

/** A date that is in no calendar is another one to SQLite. Texts are measured in bytes: their length ends at a zero character. */
function isProper({ name, type }: JsonColumn): RawBuilder<boolean>[] {
  const value = sql.ref(name);
  const [, length] = /^string\((\d+)\)$/.exec(type) ?? [];
  const proper =
    length !== undefined
      ? sql`octet_length(${value}) <= ${sql.lit(Number(length))}`
      : type === 'integer'
        ? sql`${value} between -2147483648 and 2147483647`
        : type === 'datetime'
          ? sql`${value} glob ${INSTANT} and ${value} >= '0001' and substr(${value}, 12, 2) <= '23'
            and date(substr(${value}, 1, 10)) is substr(${value}, 1, 10)`
          : undefined;
  return proper ? [sql<boolean>`coalesce(${proper}, ${value} is null)`] : [];
}

/** A column takes values of any type where no CHECK refuses them. */
function isOfType({ name, type }: JsonColumn): RawBuilder<boolean> {
  const value = sql.ref(name);
  switch (type) {
    case 'bigint':
      return sql`typeof(${value}) in ('integer', 'null')`;
    case 'integer':
      return sql`typeof(${value}) in ('integer', 'null') and coalesce(${value} between ${LEAST} and ${SAFE}, true)`;
    case 'boolean':
      return sql`typeof(${value}) in ('integer', 'null') and coalesce(${value} in (0, 1), true)`;
    case 'binary':
      return sql`typeof(${value}) in ('blob', 'null')`;
    default:
      return sql`typeof(${value}) in ('text', 'null')`;
  }
}

function text({ name, type }: JsonColumn): RawBuilder<unknown> {
  const value = sql.ref(name);
  switch (type) {
    case 'bigint':
      return sql`coalesce(case when ${value} between ${LEAST} and ${SAFE} then ${value} else '"' || ${value} || '"' end, 'null')`;
    case 'integer':
      return sql`coalesce(${value}, 'null')`;
    case 'boolean':
      return sql`case ${value} when 1 then 'true' when 0 then 'false' else 'null' end`;
    case 'binary':
      return sql`case when ${value} is null then 'null' else '"' || hex(${value}) || '"' end`;
    default:
      return sql`json_quote(${value})`;
  }
}

function all(conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> {
  return sql`${sql.join(conditions, sql` and `)}`;
}
