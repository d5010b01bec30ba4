/** The role of an engine that is a connection: which database it is on, what that can do, and queries. */
import type { Kysely, RawBuilder } from 'kysely';

/**
 * How a database is opened. `inspect` never writes, and takes an SQLite file that does not exist for an
 * empty database; `change` wants the database to exist; `create` makes a new SQLite file (0600, WAL,
 * incremental auto-vacuum). Databases on a server are never created: that takes privileges we do not ask for.
 */
export type Access = 'inspect' | 'change' | 'create';

export interface Capabilities {
  /** DDL can be rolled back, so that a migration is one transaction. */
  readonly transactionalDdl: boolean;
  /** The engine stores comments on tables and columns. */
  readonly comments: boolean;
  /** Row counts from the engine's own statistics cost nothing; without them they are counted. */
  readonly rowEstimates: boolean;
  /** DDL can never change how many rows a table has (SQLite's DROP TABLE deletes, and cascades). */
  readonly ddlKeepsRows: boolean;
  /** An instant may be infinite, before Christ or of a year beyond 9999; it is text in the engine's own form then. */
  readonly extremeInstants: boolean;
  /** SELECT … FOR UPDATE locks rows; without it a transaction of ours holds the whole database's write lock. */
  readonly rowLocks: boolean;
  /** SELECT … FOR UPDATE can pass over rows that others have locked. */
  readonly skipLocked: boolean;
  /** A statement keeps this process from doing anything else, hearing signals included, until it has ended. */
  readonly statementsBlock: boolean;
  /** What costs less when it is made behind a load of very many rows than if it is there meanwhile; the account owns it. */
  readonly loadsBetterWithout: { readonly indexes: boolean; readonly foreignKeys: boolean };
}

export interface Connection {
  /** As the registry has it: to be shown and to be written down, never to be compared with. */
  readonly name: string;
  /** Product and version, as in `MariaDB 10.11.14`. */
  readonly product: string;
  /** The day on which its makers' support for this release ends, `YYYY-MM-DD`; null where that is not known. */
  readonly supportedUntil: string | null;
  /** What the server is beyond its name, or what stands before it: none for one that is just what its name says. */
  serverProducts(): Promise<readonly ServerProduct[]>;
  /** Where the database is, as an administrator would say it; never with a secret. */
  readonly where: string;
  /** Paths of files of this machine that are the database; none where a server has them. */
  readonly localFiles: readonly string[];
  readonly capabilities: Capabilities;
  /**
   * What tells this very database from all others, whatever address it was reached by: a copy of it has another one, and
   * so has a restored backup. Null where the engine cannot tell.
   */
  fingerprint(): Promise<string | null>;
  /**
   * The clock of the database, for a statement: milliseconds since 1970-01-01 UTC when it gets there, which is never earlier
   * than when the statement was sent, and does not stand still in a transaction. A server of MySQL or MariaDB that was started
   * with `sysdate-is-now` gives the beginning of the statement.
   */
  readonly clock: RawBuilder<bigint>;
  /** Typed queries over the one pool of this engine. */
  kysely<Tables>(): Kysely<Tables>;
  close(): Promise<void>;
}

/** A product that speaks an engine's language, or that is built upon or before one. */
export interface ServerProduct {
  /** As in `PgBouncer`. */
  readonly name: string;
  /** Whether this program is tested with it. */
  readonly tested: boolean;
  /** What is known of it, as a sentence. */
  readonly remark: string;
}
