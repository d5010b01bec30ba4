/** What the tests get (the first half), and what the files of this folder say to each other (the second). */

/** The engines that need a server; SQLite needs none. */
export type ServerEngine = 'mysql' | 'mariadb' | 'postgresql';

/** Every server engine, in the order in which they are named to people. */
export const SERVER_ENGINES: readonly ServerEngine[] = ['mysql', 'mariadb', 'postgresql'];

/**
 * Where a server comes from, in the order in which the ways are tried: a URL in the environment, binaries on the
 * machine, packages of the distribution's archive unpacked into a cache folder.
 */
export type Source = 'environment' | 'machine' | 'archive';

/** A real server, ready for logins. Plain data, so that Vitest's `provide()` can pass it to workers. */
export interface TestServer {
  readonly engine: ServerEngine;
  readonly source: Source;
  /** As the server itself says. */
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** What `DB_SOCKET` takes: MySQL's and MariaDB's socket file; PostgreSQL's socket folder, as libpq wants it. */
  readonly socket: string | undefined;
  /** A superuser that may create databases and users, on TCP and on the socket, always with the password. */
  readonly user: string;
  readonly password: string;
  /** The file of the authority that signed the server's certificate (for `localhost` and `127.0.0.1`). */
  readonly tlsCa: string | undefined;
  /**
   * The engine's own command-line client. `argv` begins the command line and `env` is added to the environment;
   * together they log in as the superuser, and options put after `argv` win over its own.
   */
  readonly client: Client | undefined;
  /** The server's own process, for tests that stop or freeze it; undefined for one that we did not start. */
  readonly pid: number | undefined;
  /** Holds all that the server owns: `data/`, `server.log`, its certificates. Gone after the run. */
  readonly dataDirectory: string | undefined;
}

/** A command-line client, see {@link TestServer.client}. */
export interface Client {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A server, or in words why there is none. */
export type Provided = { readonly server: TestServer } | { readonly missing: string };

/** How the servers are to be provided. */
export interface ProvideOptions {
  /** Trade durability for speed (the default). Benchmarks say `false` and get the server's own defaults. */
  readonly fast?: boolean;
  /** Told what takes time (a download, a start); silent by default. Never gets a password. */
  readonly say?: (line: string) => void;
}

/** Binaries that were found on the machine or unpacked from the archive. */
export interface Installation {
  readonly engine: ServerEngine;
  readonly source: 'machine' | 'archive';
  /** The server's binary. */
  readonly server: string;
  /** The client's binary. */
  readonly client: string | undefined;
  /** The folder above `bin`, `lib` and `share`. */
  readonly base: string;
  /** What a command line begins with so that a binary of this installation runs: nothing, or its own loader. */
  readonly loader: readonly string[];
}

/** The user that a process runs as. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A process that the supervisor starts; its output goes to the server's log. */
export interface Command {
  readonly argv: readonly string[];
  /** A file for its standard input. */
  readonly input?: string;
  readonly owner?: Owner | undefined;
  /** The signal that ends it in an orderly way. */
  readonly stop: 'SIGTERM' | 'SIGINT';
}

/** A certificate for the server and the authority that signed it, as files. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Where and how one server is to live. */
export interface Place {
  readonly directory: string;
  /** A folder with a short path: a socket's path may have little more than a hundred bytes. */
  readonly sockets: string;
  readonly password: string;
  readonly certificates: Certificates | undefined;
  readonly owner: Owner | undefined;
  readonly fast: boolean;
  readonly variant: Variant;
}

/** What sets a server apart from one that stands alone. */
export interface Variant {
  /** The superuser's; one of its own unless it is to be that of another server. */
  readonly password?: string;
  /** Options of the server's program, after all others. */
  readonly options?: readonly string[];
  /** Files that lie in its data from the beginning: name and text. */
  readonly dataFiles?: Readonly<Record<string, string>>;
  /** PostgreSQL: it begins as a copy of this server, and follows it. */
  readonly follows?: Pick<TestServer, 'host' | 'port' | 'user' | 'password'>;
}

/** How a server of one engine is initialised and started in its place. */
export interface Blueprint {
  readonly user: string;
  readonly socket: string;
  readonly tlsCa: string | undefined;
  /** Files to write before anything runs: path and text. */
  readonly files: Readonly<Record<string, string>>;
  /** Run one after the other, each must succeed. */
  readonly steps: readonly Command[];
  serve(port: number): Command;
}
