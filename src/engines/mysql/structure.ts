/** CHECK TABLE: reads all indexes of a table. Others read and write meanwhile, but changes of the table itself wait. */
import { type Kysely, sql } from 'kysely';
import type { StructureChecks, Trouble } from '../contract/integrity.ts';

export interface CheckRow {
  readonly Msg_type: string;
  readonly Msg_text: string;
}

/** What the server says of a table that is as it should be. */
const GOOD = /^(?:OK|Table is already up to date)$/;

export async function structureChecks(
  _db: Kysely<unknown>,
  tables: readonly string[],
  depth: 'quick' | 'full',
): Promise<StructureChecks> {
  if (depth === 'quick')
    return {
      steps: [],
      left: [
        {
          why: 'CHECK TABLE reads whole tables and holds a lock that changes of them wait for: it only runs when the check is not quick',
          remedy: null,
        },
      ],
    };
  return {
    steps: tables.map((table) => ({
      what: `table ${table}`,
      run: async (db) => {
        const { rows } = await sql<CheckRow>`check table ${sql.table(table)} medium`.execute(db);
        return troubles(table, rows, sql`alter table ${sql.table(table)} force`.compile(db).sql);
      },
    })),
    left: [],
  };
}

/** @param rebuild the statement that writes the table and its indexes again */
export function troubles(table: string, rows: readonly CheckRow[], rebuild: string): Trouble[] {
  const said = rows.filter(
    ({ Msg_type, Msg_text }) =>
      /^(?:error|warning)$/i.test(Msg_type) || (/^status$/i.test(Msg_type) && !GOOD.test(Msg_text)),
  );
  if (said.length === 0) return [];
  const texts = said.map(({ Msg_text }) => Msg_text.replace(/\.$/, '')).join('; ');
  return [
    {
      about: table,
      severity: 'error',
      table,
      message: `CHECK TABLE finds ${table} damaged: ${texts}. Have a backup, and check the disk, before it is written again.`,
      fix: rebuild,
      safeToLeave: null,
    },
  ];
}
