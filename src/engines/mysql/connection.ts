/** Connections to MySQL and MariaDB: one protocol, one driver, one way of setting up a session. */
import type { Socket } from 'node:net';
import { Kysely, MysqlAdapter, MysqlDialect, type MysqlDialectConfig, MysqlDriver } from 'kysely';
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  createPool,
  type Pool,
  type RowDataPacket,
  type SslOptions,
} from 'mysql2';
import type { ServerSettings, TlsSettings } from '../connection-settings.ts';
import type { Access } from '../contract/connection.ts';
import { failure } from '../failure.ts';
import { unlessOther } from '../inquiry.ts';
import { LastWords } from '../last-words.ts';
import { OpenStreams } from '../open-streams.ts';
import { OwnSessions } from '../own-sessions.ts';
import { addressOf, type Place } from '../place.ts';
import type { SessionFacts } from '../session.ts';
import { kyselyLog, type StatementLog } from '../statement-log.ts';
import { readTlsFiles } from '../tls-files.ts';
import { translatingDriver } from '../translating-driver.ts';
import { parseVersion, type Version } from '../version.ts';
import { diagnose, isServersWord, isSilentLoss } from './diagnosis.ts';
import { setUpSession } from './session.ts';
import { connectionOf, type Session, SetUpPool } from './set-up-pool.ts';
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
  /** Something stands between that logs in for us. */
  readonly relayed: boolean;
  /** Those on this server, not those on its replicas. */
  readonly sessions: OwnSessions;
  /** A connection of its own, outside the pool, for locks and bulk work. */
  connect(): Promise<Session>;
  /** The same account on another server, without a database. @throws SERVER_UNREACHABLE, LOGIN_REFUSED */
  connectTo(other: Place, address: RemoteAddress): Promise<Connection>;
  /** Kysely on such a connection alone; ending the connection stays with the caller. */
  kyselyOn(connection: Connection): Kysely<unknown>;
  translate(error: unknown): Error;
  close(): Promise<void>;
}

/** @throws SERVER_UNREACHABLE, LOGIN_REFUSED, DATABASE_MISSING, SESSION_REFUSED, SESSION_SHARED, … */
export async function connectMysql(
  settings: ServerSettings,
  access: Access,
  log?: StatementLog,
): Promise<MysqlServer> {
  const place = placeOf(settings);
  const options = connectionOptions(settings, place);
  const streams = new OpenStreams();
  const pool = createPool({
    ...options,
    connectionLimit: POOL_SIZE,
    stream: () => {
      const { socket, host, port } = settings;
      return streams
        .make()
        .setNoDelay(true)
        .setKeepAlive(true)
        .connect(socket === undefined ? { host, port } : { path: socket });
    },
  });
  const lastWords = new LastWords();
  const sessions = new OwnSessions();
  pool.on('connection', (connection) => listen(connection, lastWords));
  let product: Product;
  try {
    product = await unlessOther(askProduct(pool), settings, 'a MySQL or MariaDB server', place);
  } catch (error) {
    streams.destroy();
    pool.end(() => {});
    throw failure(diagnose(error, false, place), place, error);
  }
  const { isMariadb, version } = product;
  const known: Place = { ...place, kind: isMariadb ? 'MariaDB server' : 'MySQL server' };
  const translate = (error: unknown) => {
    const said = isSilentLoss(error) ? lastWords.explain(error) : error;
    return failure(diagnose(said, true, known), known, said);
  };
  const setUp = async (connection: Connection, at = known): Promise<SessionFacts> => {
    const facts = await setUpSession(connection, { isMariadb, version, access }, at);
    sessions.add(facts.id, socketOf(connection));
    lastWords.forget();
    return facts;
  };
  const connect = async (): Promise<Session> => {
    const connection = createConnection(options);
    try {
      listen(connection, lastWords);
      return { connection, facts: await setUp(connection) };
    } catch (error) {
      connection.destroy();
      throw translate(error);
    }
  };
  const ready = new SetUpPool(pool, setUp);
  const db = new Kysely<unknown>({
    dialect: translatedDialect({ pool: ready }, translate),
    ...kyselyLog(log),
  });
  const close = async () => {
    await db.destroy();
    // Kysely ends the pool only if it used it.
    await pool
      .promise()
      .end()
      .catch(() => {});
  };
  let relayed: boolean;
  try {
    relayed = await ready.requireOwn(known, connect);
  } catch (error) {
    await close();
    throw failure(diagnose(error, false, known), known, error);
  }
  return {
    settings,
    place: known,
    kyselyOn: (connection) =>
      new Kysely<unknown>({ dialect: dialectOn(connection, translate), ...kyselyLog(log) }),
    db,
    close,
    version,
    isMariadb,
    relayed,
    sessions,
    translate,
    connect,
    connectTo: (other, address) => connectTo(settings, other, address),
  };
}

/** @throws SERVER_UNREACHABLE, LOGIN_REFUSED, SESSION_REFUSED */
async function connectTo(
  settings: ServerSettings,
  other: Place,
  address: RemoteAddress,
): Promise<Connection> {
  // What is asked there is of the whole server; which databases it has does not matter.
  const { database: _, ...account } = connectionOptions(
    { ...settings, ...address, socket: undefined },
    other,
  );
  const connection = createConnection({ ...account, connectTimeout: address.connectTimeout });
  // One that breaks while nobody asks is noticed at the next question.
  connection.on('error', () => {});
  try {
    const there = await askProductOn(connection);
    await setUpSession(connection, { ...there, access: 'inspect' }, other);
    return connection;
  } catch (error) {
    connection.destroy();
    throw failure(diagnose(error, false, other), other, error);
  }
}

/** One that breaks during a query fails that as well, and there it is told; what the server says between two, here. */
function listen(connection: Connection, lastWords: LastWords): void {
  connection.on('error', (error) => {
    if (isServersWord(error)) lastWords.hear(error);
  });
}

/** The driver's types do not know of it. */
function socketOf(connection: Connection): Socket {
  return (connection as unknown as { readonly stream: Socket }).stream;
}

interface Product {
  readonly isMariadb: boolean;
  readonly version: Version;
}

/** On the pool's first connection, which the first query then finds there. */
async function askProduct(pool: Pool): Promise<Product> {
  const connection = await connectionOf(pool);
  try {
    return await askProductOn(connection);
  } finally {
    connection.release();
  }
}

async function askProductOn(connection: Connection): Promise<Product> {
  // The server's own limit still holds here, and may be a millisecond.
  const [rows] = await connection
    .promise()
    .query<RowDataPacket[]>(`select /*+ max_execution_time(${CONNECT_TIMEOUT_MS}) */ version() as version`);
  const version = String(rows[0]?.version ?? '');
  // MariaDB before 11 says `5.5.5-10.11.14-MariaDB` to clients that know only MySQL.
  return { isMariadb: /mariadb/i.test(version), version: parseVersion(version.replace(/^5\.5\.5-/, '')) };
}

function placeOf(settings: ServerSettings): Place {
  return {
    kind: 'MySQL or MariaDB server',
    address: addressOf(settings),
    database: settings.database,
    username: settings.username,
    secret: settings.password,
    encrypted: settings.tls.mode !== 'off',
  };
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
