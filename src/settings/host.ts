/** A server's address as people write it in DB_HOST and DB_SOCKET: with a port, in brackets, or as the path of a socket. */
import { isIPv6 } from 'node:net';
import { basename, dirname } from 'node:path';
import type { Connection } from './connection.ts';

export interface HostAddress {
  readonly host?: string;
  readonly port?: number;
  readonly socket?: string;
}

/** @returns the address, or the end of a sentence that says what is wrong; it never repeats a text that may hold a password */
export function parseHost(text: string, connection: Connection): HostAddress | string {
  const socket = socketPath(text);
  if (socket !== undefined) return parseSocket(socket, connection);
  if (text.includes('://'))
    return 'must be a host name, not a URL: put its parts into DB_HOST, DB_PORT, DB_DATABASE, DB_USERNAME and DB_PASSWORD';
  if (text.includes('@'))
    return 'must be a host name alone: the account belongs in DB_USERNAME and DB_PASSWORD';
  if (/[\s,;]/.test(text)) return 'must name one host, without spaces or commas';
  if (isIPv6(text)) return { host: text };
  if (text.includes('/'))
    return 'must be a host name alone, without a slash; a database is named by DB_DATABASE';
  const [, bracketed, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (bracketed !== undefined && !isIPv6(bracketed))
    return 'may have brackets around an IPv6 address only, as [2001:db8::2]';
  const host = bracketed ?? name;
  if (host === undefined) return 'must be a host name or an address, as db.example.com, 10.0.0.2 or ::1';
  if (digits === undefined) return { host };
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { host, port } : 'must have a port from 1 to 65535';
}

/** For PostgreSQL the directory; its file names the port. @returns as {@link parseHost} */
export function parseSocket(text: string, connection: Connection): HostAddress | string {
  const path = socketPath(text);
  if (path === undefined) return 'must be an absolute path, as /run/mysqld/mysqld.sock';
  if (connection !== 'pgsql') return { socket: path };
  const [, port] = /^\.s\.PGSQL\.(\d{1,5})$/.exec(basename(path)) ?? [];
  return port === undefined ? { socket: path } : { socket: dirname(path), port: Number(port) };
}

/** `/path`, `unix:/path` or `unix:///path`. */
function socketPath(text: string): string | undefined {
  return /^(?:unix:(?:\/\/)?)?(\/.*)$/.exec(text)?.[1];
}
