/** INSERT of rows that may be there already, as SQLite and PostgreSQL have it. */
import { type RawBuilder, sql } from 'kysely';

export function overwriting(key: readonly string[], columns: readonly string[]): RawBuilder<unknown> {
  const set = columns.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`);
  return sql`on conflict (${sql.join(key.map((name) => sql.ref(name)))}) do update set ${sql.join(set)}`;
}
