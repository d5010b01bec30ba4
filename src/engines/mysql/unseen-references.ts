/**
 * Foreign keys of tables that this account may not see: `information_schema` leaves them out, but what they cascade is deleted
 * all the same, and counted nowhere. InnoDB lists all of them, for whoever has PROCESS.
 * Source: https://dev.mysql.com/doc/refman/8.4/en/information-schema-innodb-foreign-table.html
 */
import { type Kysely, sql } from 'kysely';
import type { UnseenReference } from '../contract/catalogue.ts';
import type { Sight } from '../sight.ts';
import { seenWith } from './grants.ts';
import { isOwnDatabase } from './own-database.ts';
import { PROCESS } from './pressure.ts';
import { encoded } from './statistics.ts';

interface Listed {
  readonly child: string;
  readonly parent: string;
}

/** @param innodbForeign the table of `information_schema` in which InnoDB lists foreign keys */
export function unseenReferences(
  db: Kysely<unknown>,
  database: string,
  innodbForeign: string,
): Promise<Sight<readonly UnseenReference[]>> {
  return seenWith(db, PROCESS, async () => {
    // Copies that ALTER TABLE is making have the foreign keys of their table.
    const { rows: listed } = await sql<Listed>`
      select for_name as child, ref_name as parent from information_schema.${sql.raw(innodbForeign)}
      where left(ref_name, ${encoded(database).length + 1}) = ${`${encoded(database)}/`}
        and for_name not like '%/#sql%'
      order by for_name, id`.execute(db);
    if (listed.length === 0) return [];
    return missingFrom(listed, await visible(db));
  });
}

/** As {@link Listed}, a line for each foreign key. */
async function visible(db: Kysely<unknown>): Promise<readonly Listed[]> {
  const { rows } = await sql<Record<'schema_' | 'table_' | 'targetSchema' | 'target', string>>`
    select distinct table_schema as schema_, table_name as table_, constraint_name as name,
      referenced_table_schema as targetSchema, referenced_table_name as target
    from information_schema.key_column_usage where ${isOwnDatabase('referenced_table_schema')}`.execute(db);
  return rows.map(({ schema_, table_, targetSchema, target }) => ({
    child: `${encoded(schema_)}/${encoded(table_)}`,
    parent: `${encoded(targetSchema)}/${encoded(target)}`,
  }));
}

/**
 * Some letters are written in a way of InnoDB's own, so names alone prove nothing: only where there are more foreign keys than
 * are visible is one of them unseen.
 */
function missingFrom(listed: readonly Listed[], seen: readonly Listed[]): readonly UnseenReference[] {
  if (listed.length <= seen.length) return [];
  const known = new Set(seen.map(nameOf));
  return listed
    .filter((one) => !known.has(nameOf(one)))
    .map(({ child, parent }) => ({ from: child, target: parent.slice(parent.indexOf('/') + 1) }));
}

/** As a server writes it that takes no notice of case. */
function nameOf({ child, parent }: Listed): string {
  return JSON.stringify([child.toLowerCase(), parent.toLowerCase()]);
}
