import mysql from 'mysql2/promise';
import pg from 'pg';
import type { TestServer } from './contract.ts';

/** Runs one statement as the superuser, outside of any database under test, and gives its rows. */
export function runOn(server: TestServer, statement: string): Promise<Record<string, unknown>[]> {
  return runIn(server, undefined, statement);
}

/** The same in a database. */
export async function runIn(
  { engine, host, port, user, password }: TestServer,
  database: string | undefined,
  statement: string,
): Promise<Record<string, unknown>[]> {
  if (engine === 'postgresql') {
    const client = new pg.Client({ host, port, user, password, database: database ?? 'postgres' });
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(statement).finally(() => client.end());
    return rows;
  }
  const client = await mysql.createConnection({
    host,
    port,
    user,
    password,
    ...(database === undefined ? {} : { database }),
  });
  const [rows] = await client.query<mysql.RowDataPacket[]>(statement).finally(() => client.end());
  return Array.isArray(rows) ? rows : [];
}
