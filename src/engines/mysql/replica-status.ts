/** What a replica says of itself, in one form for both servers and for their old and new words. */
import type { RowDataPacket } from 'mysql2';
import { compareVersions, type Version } from '../version.ts';

/** What MySQL and MariaDB call the same things. */
export interface ReplicationDialect {
  /** The statement for where the binary log ends. */
  logEnd(version: Version): string;
  /** The statement for how far a replica has come, a row for each server that it follows. */
  status(version: Version): string;
  /** The statement for the replicas that are connected. */
  connected(version: Version): string;
  /** By what a replica knows the server that it follows: a variable there, a column here. */
  readonly identity: { readonly variable: string; readonly column: string };
  /** The privileges for the first two statements, as GRANT takes them. */
  readonly privileges: string;
}

export const MYSQL_REPLICATION: ReplicationDialect = {
  logEnd: (version) => (since(version, 8, 2) ? 'show binary log status' : 'show master status'),
  status: (version) => (since(version, 8, 0, 22) ? 'show replica status' : 'show slave status'),
  connected: (version) => (since(version, 8, 0, 22) ? 'show replicas' : 'show slave hosts'),
  identity: { variable: '@@global.server_uuid', column: 'Source_UUID' },
  privileges: 'REPLICATION CLIENT',
};

function since(version: Version, ...minimum: number[]): boolean {
  return compareVersions(version, minimum) >= 0;
}

/** A place in a binary log: the number that its file's name ends with, and the byte in it. */
export interface LogPosition {
  readonly file: number;
  readonly byte: number;
}

export function comparePositions(a: LogPosition, b: LogPosition): number {
  return a.file - b.file || a.byte - b.byte;
}

/** One server that a replica follows. */
export interface Channel {
  /** Of the server that is followed, as {@link ReplicationDialect.identity} says; null until it was connected once. */
  readonly source: string | null;
  /** Up to where its log was applied. */
  readonly applied: LogPosition;
  readonly receives: boolean;
  readonly applies: boolean;
  /** The server's number of the error that stopped it; 0 is none. Its text may hold values of rows. */
  readonly error: number;
  /** What the replica takes for its lag; null when something is stopped. */
  readonly said: number | null;
}

export function readChannel(row: RowDataPacket, dialect: ReplicationDialect): Channel {
  const columns = new Map<string, unknown>();
  // `Slave_SQL_Running` and `Replica_SQL_Running`, `Exec_Master_Log_Pos` and `Exec_Source_Log_Pos`.
  for (const [name, value] of Object.entries(row))
    columns.set(name.replace('Slave', 'Replica').replace('Master', 'Source'), value);
  const said = columns.get('Seconds_Behind_Source');
  return {
    source: known(columns.get(dialect.identity.column)),
    applied: position(columns.get('Relay_Source_Log_File'), columns.get('Exec_Source_Log_Pos')),
    // While it tries to connect again it says `Connecting`.
    receives: columns.get('Replica_IO_Running') === 'Yes',
    applies: columns.get('Replica_SQL_Running') === 'Yes',
    error: Number(columns.get('Last_SQL_Errno') ?? 0) || Number(columns.get('Last_IO_Errno') ?? 0),
    said: said === null || said === undefined ? null : Number(said),
  };
}

function known(identity: unknown): string | null {
  return text(identity).replace(/^0$/, '') || null;
}

/** `binlog.000012` and 157 */
export function position(file: unknown, byte: unknown): LogPosition {
  return { file: Number(/(\d+)$/.exec(text(file))?.[1] ?? 0), byte: Number(byte ?? 0) };
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}
