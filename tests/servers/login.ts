import mysql from 'mysql2/promise';
import pg from 'pg';
import type { ServerEngine } from './contract.ts';

/** Whom to log in as, and where. */
export interface Login {
  readonly engine: ServerEngine;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

const connectTimeout = 5_000;

/**
 * Logs in over TCP and asks for the server's version. A port that answers is not yet a server that is ready, nor
 * necessarily ours: only a login with our own password tells.
 */
export async function askVersion(login: Login): Promise<string> {
  return login.engine === 'postgresql' ? await askPostgresql(login) : await askMysql(login);
}

async function askMysql({ host, port, user, password }: Login): Promise<string> {
  const connection = await mysql.createConnection({ host, port, user, password, connectTimeout });
  try {
    const [rows] = await connection.query<mysql.RowDataPacket[]>('select version() as version');
    return String(rows[0]?.version);
  } finally {
    connection.destroy();
  }
}

async function askPostgresql({ host, port, user, password }: Login): Promise<string> {
  const settings = {
    host,
    port,
    user,
    password,
    database: 'postgres',
    connectionTimeoutMillis: connectTimeout,
  };
  const client = new pg.Client(settings);
  // Without a listener a connection that breaks after it was made would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return String(rows[0]?.server_version);
  } finally {
    await client.end();
  }
}
