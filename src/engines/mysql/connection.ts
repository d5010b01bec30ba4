/** Connections to MySQL and MariaDB: one protocol, one driver, one way of setting up a session. */
import {
  CompiledQuery,
  Kysely,
  MysqlAdapter,
  MysqlDialect,
  type MysqlDialectConfig,
  MysqlDriver,
  type MysqlPool,
} from 'kysely';
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  createPool,
  type Pool,
  type SslOptions,
} from 'mysql2';
import type { ServerSettings, TlsSettings } from '../connection-settings.ts';
import type { Access } from '../engine.ts';
import { addressOf, failure, type Place } from '../failure.ts';
import { kyselyLog, type StatementLog } from '../statement-log.ts';
import { readTlsFiles } from '../tls-files.ts';
import { translatingDriver } from '../translating-driver.ts';
import { parseVersion, type Version } from '../version.ts';
import { classify } from './failures.ts';
import { readValue } from './values.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Ours is one process that works in order; a few connections let it look at the server meanwhile. */
const POOL_SIZE = 4;

export interface RemoteAddress {
  readonly host: string;
  readonly port: number;
  /** How long its greeting is waited for. */
  readonly connectTimeout: number;
}

export interface MysqlServer {
  readonly settings: ServerSettings;
  readonly place: Place;
  readonly db: Kysely<unknown>;
  readonly version: Version;
  readonly isMariadb: boolean;
  /** A connection of its own, outside the pool, set up like all others: for locks and bulk work. */
  connect(): Promise<Connection>;
  /** The same account on another server, without a database. @throws SERVER_UNREACHABLE, LOGIN_REFUSED */
  connectTo(other: Place, address: RemoteAddress): Promise<Connection>;
  /** Kysely on such a connection alone; ending the connection stays with the caller. */
  kyselyOn(connection: Connection): Kysely<unknown>;
  translate(error: unknown): Error;
  close(): Promise<void>;
}

/** @throws SERVER_UNREACHABLE, LOGIN_REFUSED, DATABASE_MISSING, … */
export async function connectMysql(
  settings: ServerSettings,
  access: Access,
  log?: StatementLog,
): Promise<MysqlServer> {
  const place: Place = {
    kind: 'MySQL or MariaDB server',
    address: addressOf(settings),
    database: settings.database,
    username: settings.username,
    secret: settings.password,
  };
  const options = connectionOptions(settings, place);
  const pool = createPool({ ...options, connectionLimit: POOL_SIZE });
  let version: string;
  try {
    version = await askVersion(pool);
  } catch (error) {
    pool.end();
    throw failure(classify(error, false), place, error);
  }
  const isMariadb = /mariadb/i.test(version);
  const known: Place = { ...place, kind: isMariadb ? 'MariaDB server' : 'MySQL server' };
  const translate = (error: unknown) => failure(classify(error, true), known, error);
  const session = sessionStatements(isMariadb, access);
  const db = new Kysely<unknown>({ dialect: dialect(pool, session, translate), ...kyselyLog(log) });
  return {
    settings,
    place: known,
    kyselyOn: (connection) =>
      new Kysely<unknown>({ dialect: dialectOn(connection, translate), ...kyselyLog(log) }),
    db,
    close: async () => {
      await db.destroy();
      // Kysely ends the pool only if it used it.
      await pool
        .promise()
        .end()
        .catch(() => {});
    },
    // MariaDB before 11 says `5.5.5-10.11.14-MariaDB` to clients that know only MySQL.
    version: parseVersion(version.replace(/^5\.5\.5-/, '')),
    isMariadb,
    translate,
    connect: async () => {
      try {
        const connection = createConnection(options);
        for (const statement of session) await connection.promise().query(statement);
        return connection;
      } catch (error) {
        throw translate(error);
      }
    },
    connectTo: async (other, address) => {
      // What is asked there is of the whole server; which databases it has does not matter.
      const { database: _, ...account } = connectionOptions(
        { ...settings, ...address, socket: undefined },
        other,
      );
      const connection = createConnection({ ...account, connectTimeout: address.connectTimeout });
      // One that breaks while nobody asks is noticed at the next question.
      connection.on('error', () => {});
      try {
        await connection.promise().connect();
        return connection;
      } catch (error) {
        connection.destroy();
        throw failure(classify(error, false), other, error);
      }
    },
  };
}

/** On the pool's first connection, which the first query then finds there. */
async function askVersion(pool: Pool): Promise<string> {
  const connection = await pool.promise().getConnection();
  try {
    const [rows] = await connection.query('select version() as version');
    const version = Array.isArray(rows) && rows[0] && 'version' in rows[0] ? rows[0].version : undefined;
    return String(version ?? '');
  } finally {
    connection.release();
  }
}

function connectionOptions(settings: ServerSettings, place: Place): ConnectionOptions {
  return {
    ...(settings.socket === undefined
      ? { host: settings.host, port: settings.port }
      : { socketPath: settings.socket }),
    user: settings.username,
    password: settings.password,
    database: settings.database,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    typeCast: readValue,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    // A server that asks for a local file gets none.
    flags: ['-LOCAL_FILES'],
    infileStreamFactory: () => {
      throw new Error('the server asked for a local file');
    },
    ...tlsOptions(settings.tls, place),
  };
}

function tlsOptions(tls: TlsSettings, { address }: Place): { ssl?: SslOptions } {
  const files = readTlsFiles(tls, address);
  return files ? { ssl: { ...files, verifyIdentity: files.rejectUnauthorized } } : {};
}

/**
 * Whoever waits for a lock of others makes everybody else queue up behind it: ours wait no longer than this, in
 * seconds, and are tried again later.
 */
const LOCK_WAIT_SECONDS = 2;

/** Every session means the same, whatever the server's defaults are: UTC, strict, foreign keys on, no limits on results. */
function sessionStatements(isMariadb: boolean, access: Access): string[] {
  return [
    `set session time_zone = '+00:00', foreign_key_checks = 1, unique_checks = 1, autocommit = 1,
      sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO',
      sql_big_selects = 1,
      lock_wait_timeout = ${LOCK_WAIT_SECONDS}, innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}`,
    'set session sql_select_limit = 18446744073709551615',
    // Row locks end with the row: the default, REPEATABLE READ, would lock gaps that a platform inserts into.
    'set session transaction isolation level read committed',
    // MySQL 8 caches sizes for a day unless told otherwise; MariaDB never does and does not know the name.
    isMariadb
      ? 'set session max_statement_time = 0'
      : 'set session information_schema_stats_expiry = 0, max_execution_time = 0',
    // Whoever only looks cannot write, whatever statement he sends.
    ...(access === 'inspect' ? ['set session transaction read only'] : []),
  ];
}

function dialect(pool: Pool, session: readonly string[], translate: (error: unknown) => Error) {
  return translatedDialect(
    {
      pool: pool as unknown as MysqlPool,
      onCreateConnection: async (connection) => {
        for (const statement of session) await connection.executeQuery(CompiledQuery.raw(statement));
      },
    },
    translate,
  );
}

/** A pool of one connection that is never given back. */
function dialectOn(connection: Connection, translate: (error: unknown) => Error) {
  const one = Object.assign(connection, { release: () => {} });
  return translatedDialect(
    { pool: { getConnection: (done) => done(undefined, one), end: (done) => done(undefined) } },
    translate,
  );
}

function translatedDialect(config: MysqlDialectConfig, translate: (error: unknown) => Error) {
  const parent = new MysqlDialect(config);
  return {
    createDriver: () => translatingDriver(new MysqlDriver(config), translate),
    createAdapter: () => new MysqlAdapter(),
    createQueryCompiler: () => parent.createQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => parent.createIntrospector(db),
  };
}
