/** What a server says of itself, and whether its locks keep out everybody who can write to the database. */
import { type Kysely, sql } from 'kysely';
import type { ServerWords } from '../products.ts';

/** Everybody may ask that. One that is set up as a member of a group and does not run now may do so any moment. */
export async function askServer(db: Kysely<unknown>): Promise<ServerWords> {
  const { rows } = await sql<{ Variable_name: string; Value: string }>`
    show global variables where variable_name in
      ('version', 'version_comment', 'aurora_version', 'wsrep_on', 'group_replication_group_name')`.execute(
    db,
  );
  const said = new Map(rows.map(({ Variable_name, Value }) => [Variable_name, Value]));
  return {
    version: `${said.get('version') ?? ''} ${said.get('version_comment') ?? ''}`,
    marks: [
      ...(said.has('aurora_version') ? ['aurora_version'] : []),
      ...(said.get('wsrep_on') === 'ON' ? ['wsrep_on'] : []),
      ...(said.get('group_replication_group_name') ? ['group_replication_group_name'] : []),
    ],
  };
}

/**
 * Not on a node of a Galera cluster, nor on a member of a replication group: GET_LOCK and locks of rows are local to each, and
 * only what is written is held against the others, at the commit.
 */
export function locksReachAllWriters({ marks }: ServerWords): boolean {
  return !marks.includes('wsrep_on') && !marks.includes('group_replication_group_name');
}
