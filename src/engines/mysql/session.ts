/** What every session on MySQL and MariaDB is set to, and whether the server says so as well. */

import { randomBytes } from 'node:crypto';
import type { Connection, QueryResult } from 'mysql2';
import { codeOf } from '../../system/index.ts';
import type { Access } from '../contract/connection.ts';
import { mayNotSet, settingNotAccepted, sharedSession } from '../failures.ts';
import type { Place } from '../place.ts';
import { isAsWanted, type SessionFacts, type SessionSetting, settingsFor } from '../session.ts';
import type { Version } from '../version.ts';

const SQL_MODE =
  'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO';
/** 30 days: longer than any run. */
const IDLE_SECONDS = '2592000';
const ISOLATION = { value: 'READ-COMMITTED', why: 'gaps that the platform inserts into would be locked' };
const READ_ONLY = { value: '1', why: 'a command that only reads could write', access: ['inspect'] } as const;
const WRITING: readonly Access[] = ['change', 'create'];

const COMMON: readonly SessionSetting[] = [
  { name: 'character_set_client', value: 'utf8mb4', why: 'the server would take our texts for others' },
  { name: 'character_set_results', value: 'utf8mb4', why: 'characters would arrive as question marks' },
  {
    name: 'collation_connection',
    value: 'utf8mb4_bin',
    why: 'texts in statements would lose characters, and compare without case',
  },
  { name: 'time_zone', value: '+00:00', why: 'times would be read and written in local time' },
  {
    name: 'sql_mode',
    value: SQL_MODE,
    why: 'values that do not fit would be cut, zero dates made, ids of 0 replaced',
  },
  { name: 'foreign_key_checks', value: '1', why: 'rows of deleted jobs would stay behind' },
  { name: 'unique_checks', value: '1', why: 'duplicates could be let in' },
  { name: 'autocommit', value: '1', why: 'what is done outside of a transaction would be lost' },
  {
    name: 'completion_type',
    value: 'NO_CHAIN',
    why: 'a commit would begin another transaction, or end the session',
  },
  { name: 'sql_auto_is_null', value: '0', why: '`IS NULL` would find the row that was inserted last' },
  { name: 'sql_safe_updates', value: '0', why: 'statements would be refused' },
  { name: 'sql_big_selects', value: '1', why: 'long reads would be refused (`max_join_size`)' },
  { name: 'sql_select_limit', value: '18446744073709551615', why: 'rows would be left out' },
  {
    name: 'lock_wait_timeout',
    value: '2',
    why: 'all others would queue up behind a statement of ours that waits',
  },
  { name: 'innodb_lock_wait_timeout', value: '2', why: 'the same for locks of rows' },
  { name: 'wait_timeout', value: IDLE_SECONDS, why: 'the session that holds the lock would be ended' },
  { name: 'net_read_timeout', value: '600', why: 'a long load would be ended' },
  { name: 'net_write_timeout', value: '600', why: 'reading would be ended while an archive is written' },
  {
    name: 'innodb_strict_mode',
    value: '1',
    keeps: [],
    access: ['create'],
    why: 'tables would be made in another row format than was asked for',
  },
  {
    name: 'sql_log_bin',
    value: '1',
    keeps: [],
    access: WRITING,
    why: 'replicas would keep the rows that are deleted here',
  },
];

/** Asked for where a binary log is written. */
const BINARY_LOG: SessionSetting = {
  name: 'binlog_format',
  value: 'ROW',
  keeps: ['MIXED'],
  access: WRITING,
  why: 'with STATEMENT the server refuses to write under READ COMMITTED, and replicas may come to delete other rows',
};

export const MYSQL_SESSION: readonly SessionSetting[] = [
  ...COMMON,
  { name: 'transaction_isolation', ...ISOLATION },
  { name: 'transaction_read_only', ...READ_ONLY },
  { name: 'max_execution_time', value: '0', why: 'long reads would be cancelled' },
  { name: 'information_schema_stats_expiry', value: '0', why: 'sizes would be those of yesterday' },
  BINARY_LOG,
];

export const MARIADB_SESSION: readonly SessionSetting[] = [
  ...COMMON,
  { name: 'tx_isolation', before: [11, 1], ...ISOLATION },
  { name: 'transaction_isolation', from: [11, 1], ...ISOLATION },
  { name: 'tx_read_only', before: [11, 1], ...READ_ONLY },
  { name: 'transaction_read_only', from: [11, 1], ...READ_ONLY },
  { name: 'check_constraint_checks', value: '1', why: 'values that the schema forbids would be let in' },
  { name: 'max_statement_time', value: '0', why: 'long statements would be cancelled' },
  {
    name: 'idle_transaction_timeout',
    value: '0',
    why: 'the session would be ended while an archive is written',
  },
  { name: 'idle_readonly_transaction_timeout', value: '0', why: 'the same for reading' },
  { name: 'idle_write_transaction_timeout', value: '0', why: 'the same for writing' },
  BINARY_LOG,
];

export interface SetUp {
  readonly isMariadb: boolean;
  readonly version: Version;
  readonly access: Access;
}

/**
 * Sets a new session up with one statement, and reads it back with another.
 * @throws SESSION_REFUSED with the setting that is another one
 */
export async function setUpSession(
  connection: Connection,
  { isMariadb, version, access }: SetUp,
  place: Place,
): Promise<SessionFacts> {
  const wanted = settingsFor(isMariadb ? MARIADB_SESSION : MYSQL_SESSION, version, access);
  const mark = randomBytes(12).toString('hex');
  const free = wanted.filter(({ keeps }) => keeps === undefined);
  await query(connection, `set ${free.map(assignment).join(', ')}, ${MARK} = '${mark}'`);
  const said = await readBack(connection, wanted);
  // Another session answers than was set up.
  if (said.get('mark') !== mark) throw sharedSession(place);
  for (const setting of wanted) {
    const found = said.get(setting.name) ?? '';
    if (isAsWanted(setting, found) || (setting === BINARY_LOG && said.get('log_bin') === '0')) continue;
    if (setting.keeps === undefined) throw settingNotAccepted(place, setting, found);
    await claim(connection, setting, place);
  }
  const id = said.get('id') ?? '';
  // The greeting has room for 32 bits of the number.
  return { id, mark, relayed: BigInt(connection.threadId) !== BigInt(id) % 2n ** 32n };
}

/** What tells a session from others, as columns `id` and `mark`. */
export const IDENTITY = 'connection_id() as id, @multiflexi_session as mark';
const MARK = '@multiflexi_session';

/** @returns which session answers, and its mark */
export async function whoAnswers(connection: Connection): Promise<{ id: string; mark: string | null }> {
  const row = await firstRow(connection, `select ${IDENTITY}`);
  return { id: String(row.id), mark: row.mark === null ? null : String(row.mark) };
}

/** What takes a privilege is set only where the server has another value. */
async function claim(connection: Connection, setting: SessionSetting, place: Place): Promise<void> {
  try {
    await query(connection, `set ${assignment(setting)}`);
  } catch (error) {
    const said = error instanceof Error && codeOf(error).startsWith('ER_') ? error.message : undefined;
    if (said === undefined) throw error;
    throw mayNotSet(place, setting, said);
  }
  const found = (await readBack(connection, [setting])).get(setting.name) ?? '';
  if (!isAsWanted(setting, found)) throw settingNotAccepted(place, setting, found);
}

function assignment({ name, value }: SessionSetting): string {
  return `session ${name} = ${/^\d+$/.test(value) ? value : `'${value}'`}`;
}

async function readBack(
  connection: Connection,
  settings: readonly SessionSetting[],
): Promise<ReadonlyMap<string, string>> {
  const columns = settings.map(({ name }) => `@@session.${name} as ${name}`);
  const row = await firstRow(
    connection,
    `select ${columns.join(', ')}, @@global.log_bin as log_bin, ${IDENTITY}`,
  );
  return new Map(Object.entries(row).map(([name, value]) => [name, value === null ? 'NULL' : String(value)]));
}

async function firstRow(connection: Connection, statement: string): Promise<Record<string, unknown>> {
  const rows = await query(connection, statement);
  return Array.isArray(rows) ? { ...rows[0] } : {};
}

async function query(connection: Connection, statement: string): Promise<QueryResult> {
  const [result] = await connection.promise().query(statement);
  return result;
}
