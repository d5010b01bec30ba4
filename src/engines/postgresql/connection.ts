/** Connections to PostgreSQL, all set up alike. */
import { hostname } from 'node:os';
import pg from 'pg';
import type { ServerSettings } from '../connection-settings.ts';
import type { Access } from '../engine.ts';
import { addressOf, failure, type Place } from '../failure.ts';
import type { StatementLog } from '../statement-log.ts';
import { readTlsFiles } from '../tls-files.ts';
import { parseVersion, type Version } from '../version.ts';
import { classify } from './failures.ts';
import { TYPES } from './values.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const POOL_SIZE = 4;

export interface PostgresqlServer {
  readonly settings: ServerSettings;
  readonly place: Place;
  readonly pool: pg.Pool;
  readonly version: Version;
  /** Every statement on every connection, for whoever watches. */
  readonly log: StatementLog | undefined;
  /** A connection of its own, outside the pool; `name` is what `pg_stat_activity` shows of it. */
  connect(name: string): Promise<pg.Client>;
  translate(error: unknown): Error;
}

/** @throws SERVER_UNREACHABLE, LOGIN_REFUSED, DATABASE_MISSING, … */
export async function connectPostgresql(
  settings: ServerSettings,
  access: Access,
  log?: StatementLog,
): Promise<PostgresqlServer> {
  const place: Place = {
    kind: 'PostgreSQL server',
    address: addressOf(settings),
    database: settings.database,
    username: settings.username,
    secret: settings.password,
  };
  const config = clientConfig(settings, access, place);
  const pool = new pg.Pool({
    ...config,
    max: POOL_SIZE,
    application_name: `multiflexi-cli@${hostname()}`.slice(0, 63),
  });
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => {});
  // One that breaks at work fails its query as well, and there it is told.
  pool.on('connect', (client) => client.on('error', () => {}));
  const translate = (error: unknown) => failure(classify(error, true), place, error);
  try {
    const { rows } = await pool.query<{ server_version: string }>('show server_version');
    const connect = async (name: string) => {
      const client = new pg.Client({ ...config, application_name: name });
      await client.connect().catch((error: unknown) => {
        throw translate(error);
      });
      return client;
    };
    return {
      settings,
      log,
      place,
      pool,
      version: parseVersion(rows[0]?.server_version ?? ''),
      connect,
      translate,
    };
  } catch (error) {
    await pool.end();
    throw failure(classify(error, false), place, error);
  }
}

function clientConfig(settings: ServerSettings, access: Access, place: Place): pg.ClientConfig {
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
    // Every session means the same, whatever the role's and the server's defaults are.
    options: `-c TimeZone=UTC -c DateStyle=ISO -c bytea_output=hex -c standard_conforming_strings=on -c client_min_messages=warning -c quote_all_identifiers=off -c lock_timeout=2s -c statement_timeout=0 -c default_transaction_isolation=read\\ committed${access === 'inspect' ? ' -c default_transaction_read_only=on' : ''}`,
    ssl: readTlsFiles(settings.tls, place.address) ?? false,
  };
}
