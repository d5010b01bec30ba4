/** Which replicas are connected to a server, as far as this account may know. */
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';

/** Names, as people would say them; none when there are none or it may not be known. */
export async function connectedReplicas(db: Kysely<unknown>, statement: string): Promise<string[]> {
  try {
    const { rows } = await sql<{ Host: string; Port: unknown; Server_Id?: unknown; Server_id?: unknown }>`
      ${sql.raw(statement)}`.execute(db);
    return rows.map(({ Host, Port, Server_Id, Server_id }) =>
      // Without report_host it has not said where it is.
      Host === '' ? `server id ${Server_Id ?? Server_id}` : `${Host}:${Port}`,
    );
  } catch (error) {
    if (!isMultiFlexiError(error, 'PERMISSION_DENIED')) throw error;
    return listedReplicas(db);
  }
}

/** From where they read the log, by the process list: without the PROCESS right it shows nothing of others. */
async function listedReplicas(db: Kysely<unknown>): Promise<string[]> {
  try {
    const { rows } = await sql<{ host: string }>`
      select host as host from information_schema.processlist where command like 'Binlog Dump%'`.execute(db);
    return rows.map(({ host }) => `host ${host.replace(/:\d+$/, '')}`);
  } catch {
    return []; // MySQL's list fails on emoji in a statement of any session.
  }
}
