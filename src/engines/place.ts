/** Which database it is, for messages; and what a message must not repeat. */
import type { ServerSettings } from './connection-settings.ts';

export interface Place {
  /** `MySQL server`, `PostgreSQL server`, `SQLite file`. */
  readonly kind: string;
  /** Host and port, socket or file. */
  readonly address: string;
  readonly database: string;
  readonly username: string | undefined;
  /** Cut out of every message, should a driver ever repeat it. */
  readonly secret: string | undefined;
  /** Whether the connection is encrypted; where there is one. */
  readonly encrypted?: boolean | undefined;
}

/** Host and port as they are written in a URL, or the socket. */
export function addressOf({ host, port, socket }: ServerSettings): string {
  return socket ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
