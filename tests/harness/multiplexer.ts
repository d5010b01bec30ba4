/**
 * A proxy as ProxySQL and MaxScale can be: it logs in itself, greets clients with numbers of its own, and hands statement
 * by statement to whichever of its sessions is free. Real sessions of a real server; only the sharing is ours.
 */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { type Connection, createServer } from 'mysql2';
import mysql, { type FieldPacket } from 'mysql2/promise';
import type { ServerSettings } from '../../src/engines/index.ts';

export interface Multiplexer {
  readonly port: number;
  close(): Promise<void>;
}

/** Numbers that no session of the server has. */
const FIRST_ID = 3_000_000_000;
/** All of the first ones but compression and encryption. */
const CAPABILITIES = 0x7f_f7_df;

export async function multiplex(
  { host, port, username, password, database }: ServerSettings,
  sessions: number | 'each its own',
): Promise<Multiplexer> {
  const opened: mysql.Connection[] = [];
  const open = async () => {
    const connection = await mysql.createConnection({
      host,
      port,
      user: username,
      password,
      database,
      charset: 'utf8mb4_bin',
      // Texts all of them, as the protocol of plain statements has them.
      typeCast: (field) => field.string(),
    });
    opened.push(connection);
    return connection;
  };
  const shared =
    typeof sessions === 'number' ? await Promise.all(Array.from({ length: sessions }, open)) : [];
  let turn = 0;
  let id = FIRST_ID;
  const server = createServer((connection) => {
    const client = connection as Connection & ServerSide;
    const own = shared.length === 0 ? open() : undefined;
    client.on('error', () => {});
    client.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.36',
      connectionId: ++id,
      statusFlags: 2,
      characterSet: 45,
      capabilityFlags: CAPABILITIES,
      authCallback: (_: unknown, done: (error: null) => void) => {
        done(null);
        client.sequenceId = 0;
      },
    });
    const carryOut = async (statement: string) => {
      const session = (await own) ?? (shared[turn++ % shared.length] as mysql.Connection);
      // Each statement begins to count anew, which the driver leaves to servers.
      client.sequenceId = 1;
      try {
        const [rows, fields] = await session.query(statement);
        if (Array.isArray(rows)) client.writeTextResult(rows, fields);
        else client.writeOk({ affectedRows: (rows as mysql.ResultSetHeader).affectedRows });
      } catch (error) {
        const { message, errno } = error as { message: string; errno?: number };
        client.writeError({ message, code: errno ?? 1105 });
      }
      client.sequenceId = 0;
    };
    client.on('query', carryOut);
    // To the driver SET is a preparation.
    client.on('stmt_prepare', carryOut);
    client.on('quit', () => client.destroy());
  });
  const listening = (server as unknown as { _server: Server })._server;
  listening.listen(0, '127.0.0.1');
  if (!listening.listening) await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    close: async () => {
      listening.close();
      for (const connection of opened) connection.destroy();
    },
  };
}

/** What the driver offers to servers, which its types hardly know. */
interface ServerSide {
  sequenceId: number;
  serverHandshake(greeting: Record<string, unknown>): void;
  writeTextResult(rows: readonly unknown[], fields: readonly FieldPacket[]): void;
  writeOk(result: { affectedRows: number }): void;
  writeError(error: { message: string; code: number }): void;
}
