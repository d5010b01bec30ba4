/** What every session on PostgreSQL is set to, and whether the server says so as well: one round trip. */

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { codeOf } from '../../system/index.ts';
import type { Access } from '../contract/connection.ts';
import { mayNotSet, settingNotAccepted } from '../failures.ts';
import type { Place } from '../place.ts';
import type { ServerWords } from '../products.ts';
import { isAsWanted, type SessionFacts, type SessionSetting, settingsFor } from '../session.ts';
import { parseVersion, type Version } from '../version.ts';
import { noSchema, notUnicode } from './failures.ts';

export const POSTGRESQL_SESSION: readonly SessionSetting[] = [
  { name: 'client_encoding', value: 'UTF8', why: 'texts would arrive garbled' },
  { name: 'TimeZone', value: 'UTC', why: 'times would be read and written in local time' },
  { name: 'DateStyle', value: 'ISO, MDY', why: 'times could not be read' },
  {
    name: 'IntervalStyle',
    value: 'postgres',
    why: 'intervals in columns of your own would be archived in a form that is read differently',
  },
  { name: 'bytea_output', value: 'hex', why: 'bytes could not be read' },
  {
    name: 'extra_float_digits',
    value: '1',
    keeps: ['2', '3'],
    why: 'floating point numbers in columns of your own would be archived rounded',
  },
  {
    name: 'standard_conforming_strings',
    value: 'on',
    why: 'backslashes in texts would be taken for escapes',
  },
  { name: 'quote_all_identifiers', value: 'off', why: 'the schema would seem to differ' },
  { name: 'client_min_messages', value: 'warning', why: 'the server would send notices that nobody reads' },
  {
    name: 'row_security',
    value: 'off',
    why: 'rows that policies hide from the account would be deleted unseen with their jobs; so the server refuses such a statement',
  },
  {
    name: 'session_replication_role',
    value: 'origin',
    keeps: ['local'],
    why: 'foreign keys and triggers would be off',
  },
  { name: 'zero_damaged_pages', value: 'off', keeps: [], why: 'damaged pages would be taken for empty ones' },
  {
    name: 'ignore_checksum_failure',
    value: 'off',
    keeps: [],
    why: 'damaged rows would be archived, and the original deleted',
  },
  {
    name: 'synchronous_commit',
    value: 'local',
    keeps: ['on', 'remote_write', 'remote_apply'],
    why: 'restored rows could be lost in a crash after their archive was removed',
  },
  {
    name: 'default_transaction_isolation',
    value: 'read committed',
    why: 'each conflict with the platform would end a transaction',
  },
  {
    name: 'default_transaction_read_only',
    value: 'on',
    access: ['inspect'],
    why: 'a command that only reads could write',
  },
  {
    name: 'lock_timeout',
    value: '2s',
    why: 'all others would queue up behind a statement of ours that waits',
  },
  { name: 'statement_timeout', value: '0', why: 'long statements would be cancelled' },
  {
    name: 'idle_in_transaction_session_timeout',
    value: '0',
    why: 'the session would be ended while an archive is written',
  },
  {
    name: 'idle_session_timeout',
    value: '0',
    from: [14],
    why: 'the session that holds the lock would be ended',
  },
  { name: 'transaction_timeout', value: '0', from: [17], why: 'migrations and archiving would be ended' },
];

/** Where a session keeps what we know it by. */
const MARK = 'multiflexi.session';

export interface PostgresqlFacts extends SessionFacts {
  readonly version: Version;
  readonly searchPath: string;
  readonly words: ServerWords;
}

type Greeted = pg.ClientBase & { readonly processID?: number | null };

/**
 * Sets a new session up and reads it back.
 * @throws SESSION_REFUSED with the setting that is another one
 */
export async function setUpSession(
  client: pg.ClientBase,
  access: Access,
  place: Place,
): Promise<PostgresqlFacts> {
  const wanted = settingsFor(POSTGRESQL_SESSION, undefined, access);
  const mark = randomBytes(12).toString('hex');
  const [, settings, [facts]] = await send(client, wanted, mark, place);
  for (const setting of wanted) {
    const found = settings.find(({ name }) => name === setting.name)?.value ?? null;
    if (found === null && setting.from !== undefined) continue; // An older server.
    if (found === null || !isAsWanted(setting, found))
      throw settingNotAccepted(place, setting, found ?? 'nothing');
  }
  if (!facts) throw new Error('the server does not say which session this is');
  requireUnicode(facts.encoding, place);
  requireSchema(facts, place);
  // Left by the client before us on a session that a pooler keeps: one of our names would hide our table.
  if (facts.temporary) await client.query('discard temp');
  if (facts.shadowed) await client.query(CATALOGUE_FIRST);
  return {
    id: String(facts.pid),
    mark,
    relayed: (client as Greeted).processID !== facts.pid,
    version: parseVersion(facts.version),
    searchPath: facts.search_path,
    words: { version: facts.banner, marks: facts.marks },
  };
}

/** @returns which session answers, and its mark */
export async function whoAnswers(client: pg.ClientBase): Promise<{ id: string; mark: string | null }> {
  const { rows } = await client.query<{ id: number; mark: string | null }>(`select ${IDENTITY}`);
  return { id: String(rows[0]?.id), mark: rows[0]?.mark ?? null };
}

/** What tells a session from others, as columns `id` and `mark`. */
export const IDENTITY = `pg_backend_pid() as id, current_setting('${MARK}', true) as mark`;

/** Where it is not named, it comes first. */
const CATALOGUE_FIRST = `
  select pg_catalog.set_config('search_path', pg_catalog.string_agg(pg_catalog.quote_ident(name), ', ' order by place), false)
  from pg_catalog.unnest(pg_catalog.current_schemas(false)) with ordinality as listed (name, place)
  where name operator(pg_catalog.<>) 'pg_catalog'`;

interface SettingRow {
  readonly name: string;
  readonly value: string | null;
}

interface FactsRow {
  readonly pid: number;
  readonly version: string;
  readonly encoding: string;
  readonly schema: string | null;
  readonly search_path: string;
  readonly temporary: boolean;
  /** Other schemas come before the server's own, so that their functions and operators would be taken for the server's. */
  readonly shadowed: boolean;
  readonly banner: string;
  readonly marks: string[];
}

async function send(client: pg.ClientBase, wanted: readonly SessionSetting[], mark: string, place: Place) {
  try {
    // Several statements in one query come back as several results, which the driver's types do not know.
    const results = (await client.query(statements(wanted, mark))) as unknown as readonly [
      pg.QueryResult,
      pg.QueryResult<SettingRow>,
      pg.QueryResult<FactsRow>,
    ];
    return [results[0].rows, results[1].rows, results[2].rows] as const;
  } catch (error) {
    // Anybody may set most of them: what is refused is one that takes a privilege, and the server names it.
    if (codeOf(error) !== '42501' || !(error instanceof Error)) throw error;
    const named = wanted.find(({ name }) => error.message.includes(`"${name}"`));
    throw mayNotSet(place, named, error.message);
  }
}

/** What a server does not have is left; so is a value that does as well, as another one could take a privilege. */
function statements(wanted: readonly SessionSetting[], mark: string): string {
  const rows = wanted.map(
    ({ name, value, keeps }) =>
      `(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, ${pg.escapeLiteral(keeps ? `{${[value, ...keeps].join()}}` : '{}')}::text[])`,
  );
  const values = `(values ${rows.join(', ')}) as wanted (name, value, keeps)`;
  return `
    select set_config(name, value, false) from ${values}
      where current_setting(name, true) is not null and current_setting(name, true) <> all (keeps)
      union all select set_config('${MARK}', '${mark}', false);
    select name, current_setting(name, true) as value from ${values};
    select pg_backend_pid() as pid, current_setting('server_version') as version, current_schema() as schema,
      current_setting('server_encoding') as encoding,
      exists (select from pg_class where relnamespace = pg_my_temp_schema()) as temporary,
      (select 'pg_catalog' operator(pg_catalog.=) any(current_schemas(false))) as shadowed,
      current_setting('search_path') as search_path, version() as banner,
      array(select extname::text from pg_extension where extname in ('citus', 'timescaledb')
        union all select 'aurora_version' where to_regproc('aurora_version') is not null) as marks`;
}

function requireUnicode(encoding: string, place: Place): void {
  if (encoding !== 'UTF8') throw notUnicode(place, encoding);
}

function requireSchema({ schema, search_path: path }: FactsRow, place: Place): void {
  if (schema === null || schema === 'pg_catalog' || schema === 'information_schema')
    throw noSchema(place, path);
}
