/** Connections to PostgreSQL: each of them, whatever it is for, is made and set up here. */
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import pg from 'pg';
import type { ServerSettings } from '../connection-settings.ts';
import type { Access } from '../contract/connection.ts';
import { failure } from '../failure.ts';
import { unlessOther } from '../inquiry.ts';
import { LastWords } from '../last-words.ts';
import { OpenStreams } from '../open-streams.ts';
import { OwnSessions } from '../own-sessions.ts';
import { addressOf, type Place } from '../place.ts';
import type { ServerWords } from '../products.ts';
import { type Asked, requireOwnSession } from '../shared-session.ts';
import type { StatementLog } from '../statement-log.ts';
import { readTlsFiles } from '../tls-files.ts';
import type { Version } from '../version.ts';
import { diagnose, isServersWord, isSilentLoss, withDetail } from './diagnosis.ts';
import { type PostgresqlFacts, setUpSession, whoAnswers } from './session.ts';
import { TYPES } from './values.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const POOL_SIZE = 4;
/** The driver would close it after ten seconds, and whoever rests that long between two statements would log in again and again. */
const IDLE_MS = 60_000;

export interface PostgresqlServer {
  readonly settings: ServerSettings;
  readonly place: Place;
  readonly pool: pg.Pool;
  readonly version: Version;
  /** What the server says of itself, and what stands before it. */
  readonly words: ServerWords;
  /** Every statement on every connection, for whoever watches. */
  readonly log: StatementLog | undefined;
  readonly sessions: OwnSessions;
  /** A connection of its own, outside the pool; `name` is what `pg_stat_activity` shows of it. */
  connect(name: string): Promise<Session>;
  translate(error: unknown): Error;
}

/** A connection that is set up, and what the server said of it. */
export interface Session {
  readonly client: pg.Client;
  readonly facts: PostgresqlFacts;
}

/** @throws SERVER_UNREACHABLE, LOGIN_REFUSED, DATABASE_MISSING, SESSION_REFUSED, SESSION_SHARED, … */
export async function connectPostgresql(
  settings: ServerSettings,
  access: Access,
  log?: StatementLog,
): Promise<PostgresqlServer> {
  const place = placeOf(settings);
  const config = clientConfig(settings, place);
  const facts = new WeakMap<pg.ClientBase, PostgresqlFacts>();
  const lastWords = new LastWords();
  const sessions = new OwnSessions();
  const translate = (error: unknown) => {
    const said = isSilentLoss(error) ? lastWords.explain(error) : error;
    return failure(diagnose(said, true, place), place, withDetail(said));
  };
  const setUp = async (client: pg.ClientBase): Promise<PostgresqlFacts> => {
    // One that breaks during a query fails that as well, and there it is told; without a listener it would end the process.
    client.on('error', (error) => {
      if (isServersWord(error)) lastWords.hear(error);
    });
    const said = await setUpSession(client, access, place);
    facts.set(client, said);
    sessions.add(said.id, socketOf(client));
    lastWords.forget();
    return said;
  };
  const streams = new OpenStreams();
  const pool = new pg.Pool({
    ...config,
    Client,
    stream: () => streams.make(),
    max: POOL_SIZE,
    idleTimeoutMillis: IDLE_MS,
    application_name: `multiflexi-cli@${hostname()}`.slice(0, 63),
    // Handed out when it is done; what it throws, whoever asked for the connection gets.
    onConnect: (client) => setUp(client),
  });
  // An idle connection that breaks is replaced at the next use.
  pool.on('error', () => {});
  const connect = async (name: string): Promise<Session> => {
    const client = new Client({ ...config, application_name: name });
    try {
      await client.connect();
      return { client, facts: await setUp(client) };
    } catch (error) {
      await client.end().catch(() => {});
      throw translate(error);
    }
  };
  try {
    const first = await unlessOther(pool.connect(), settings, 'a PostgreSQL server', place);
    try {
      const said = facts.get(first);
      if (!said) throw new Error('a connection was not set up');
      if (said.relayed)
        await requireOwn(place, { client: first, facts: said }, connect('multiflexi pooler check'));
      const { version, relayed, words } = said;
      const known = { ...words, marks: relayed ? [...words.marks, 'pooler'] : words.marks };
      return { settings, log, sessions, place, pool, version, words: known, connect, translate };
    } finally {
      first.release();
    }
  } catch (error) {
    streams.destroy();
    await pool.end();
    throw failure(diagnose(error, false, place), place, withDetail(error));
  }
}

/** The driver keeps it to itself. */
function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}

/** @throws SESSION_SHARED */
async function requireOwn(
  place: Place,
  first: { readonly client: pg.ClientBase; readonly facts: PostgresqlFacts },
  connecting: Promise<Session>,
): Promise<void> {
  const asked = ({ client, facts }: typeof first): Asked => ({ facts, whoAnswers: () => whoAnswers(client) });
  try {
    await requireOwnSession(place, asked(first), connecting.then(asked));
  } finally {
    // It may still wait for a session, which a pooler then has no more use for.
    connecting.then(({ client }) => client.end()).catch(() => {});
  }
}

function placeOf(settings: ServerSettings): Place {
  return {
    kind: 'PostgreSQL server',
    address: addressOf(settings),
    database: settings.database,
    username: settings.username,
    secret: settings.password,
    encrypted: settings.tls.mode !== 'off',
  };
}

function clientConfig(settings: ServerSettings, place: Place): pg.ClientConfig {
  return {
    // The driver takes a host that begins with a slash for the directory of the socket.
    host: settings.socket ?? settings.host,
    port: settings.port,
    user: settings.username,
    // Always a function: a blank password must not send the driver to ~/.pgpass or PGPASSWORD.
    password: () => settings.password,
    database: settings.database,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: TYPES,
    ssl: readTlsFiles(settings.tls, place.address) ?? false,
  };
}

/**
 * Greets the server with who it is and nothing else. Poolers refuse other parameters, or drop them without a word; and
 * the driver would add what PGOPTIONS and PGREPLICATION of the environment say.
 */
class Client extends pg.Client {
  private readonly greeting: Readonly<Record<string, string | undefined>>;

  constructor(config: pg.ClientConfig = {}) {
    super(config);
    const { user, database, application_name } = config;
    this.greeting = { user, database, application_name };
  }

  /** The driver asks for it when it connects. */
  getStartupConf(): Readonly<Record<string, string | undefined>> {
    return this.greeting;
  }
}
