import type { ReplicaAddress } from './contract/replication.ts';

/** What an engine needs to know to connect; `settings/` reads and checks it. */
export interface TlsSettings {
  /** `require` encrypts without looking at the certificate; `verify` checks it and the host's name. */
  readonly mode: 'off' | 'require' | 'verify';
  /** Paths of PEM files. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

export interface SqliteSettings {
  readonly connection: 'sqlite';
  /** Path of the database file, or `:memory:`. */
  readonly file: string;
}

export interface ServerSettings {
  /** `mysql` stands for MySQL and MariaDB: the server is asked which of them it is. */
  readonly connection: 'mysql' | 'pgsql';
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket (for PostgreSQL, of its directory); used instead of host and port. */
  readonly socket: string | undefined;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly tls: TlsSettings;
  /** Servers that follow this one, with the same account and TLS. */
  readonly replicas?: readonly ReplicaAddress[] | undefined;
}

export type DatabaseSettings = SqliteSettings | ServerSettings;
