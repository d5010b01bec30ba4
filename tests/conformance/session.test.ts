/** A session is what we made it, whatever the server, the account or what stands between made of it before. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { MARIADB_SESSION, MYSQL_SESSION } from '../../src/engines/mysql/session.ts';
import { POSTGRESQL_SESSION } from '../../src/engines/postgresql/session.ts';
import { migrate } from '../../src/migrations/index.ts';
import { loadSample } from '../../src/sample/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { cli } from '../harness/cli.ts';
import { describeOn, type TestDatabase } from '../harness/engines.ts';
import { type HostileServer, type Hostility, provideHostile } from '../harness/hostile-account.ts';
import { runOn, SERVER_ENGINES } from '../servers/index.ts';

const NOTE = 'žluťoučký kůň 🎉';
const OPTIONS = [
  '--log-bin=binlog',
  '--server-id=1',
  '--character-set-server=latin1',
  '--loose-skip-character-set-client-handshake',
];

/** Everything that an account can be given which does harm. */
const HOSTILE_MYSQL: Hostility = {
  character_set_client: 'latin1',
  character_set_results: 'null',
  collation_connection: 'latin1_swedish_ci',
  time_zone: "'+05:30'",
  sql_mode: "'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH'",
  foreign_key_checks: '0',
  unique_checks: '0',
  autocommit: '0',
  completion_type: "'CHAIN'",
  sql_auto_is_null: '1',
  sql_safe_updates: '1',
  max_join_size: '10',
  sql_select_limit: '3',
  lock_wait_timeout: '1000',
  innodb_lock_wait_timeout: '1000',
  wait_timeout: '1',
  net_read_timeout: '1',
  net_write_timeout: '1',
};
const HOSTILE: Readonly<Record<'mysql' | 'mariadb' | 'postgresql', Hostility>> = {
  mysql: { ...HOSTILE_MYSQL, transaction_isolation: "'SERIALIZABLE'", max_execution_time: '1' },
  mariadb: {
    ...HOSTILE_MYSQL,
    tx_isolation: "'SERIALIZABLE'",
    max_statement_time: '0.001',
    check_constraint_checks: '0',
    idle_transaction_timeout: '1',
    idle_readonly_transaction_timeout: '1',
    idle_write_transaction_timeout: '1',
  },
  postgresql: {
    client_encoding: "'LATIN1'",
    TimeZone: "'Europe/Prague'",
    DateStyle: "'German, DMY'",
    IntervalStyle: "'sql_standard'",
    bytea_output: "'escape'",
    extra_float_digits: '-15',
    standard_conforming_strings: 'off',
    quote_all_identifiers: 'on',
    client_min_messages: 'debug5',
    synchronous_commit: 'off',
    default_transaction_isolation: "'serializable'",
    lock_timeout: '1',
    // Enough to be set up in, and too short for any work.
    statement_timeout: '300',
    idle_in_transaction_session_timeout: '300',
    idle_session_timeout: '300',
  },
};

describeOn(SERVER_ENGINES, 'a session', (name) => {
  let hostile: HostileServer | undefined;
  let database: TestDatabase | undefined;
  let engine: Engine | undefined;

  beforeAll(async () => {
    hostile = await provideHostile(name, OPTIONS);
    database = await hostile?.database(HOSTILE[name]);
    engine = await database?.open('create');
  });
  afterAll(async () => {
    await engine?.close();
    await database?.drop();
    await hostile?.stop();
  });

  test('begins with what does harm, as this test would prove nothing otherwise', async ({ skip }) => {
    if (!hostile || !database) return skip('no server of its own is to be had');
    const names = Object.keys(HOSTILE[name]);
    const known = { mysql: MYSQL_SESSION, mariadb: MARIADB_SESSION, postgresql: POSTGRESQL_SESSION }[name];
    const ours = known.filter(({ keeps, access, before, from }) => !(keeps || access || before || from));
    // What is set without a condition, an account can begin with otherwise; these have no worse value, or are set by another.
    expect(ours.map((setting) => setting.name).filter((setting) => !names.includes(setting))).toEqual(
      {
        mysql: ['sql_big_selects', 'information_schema_stats_expiry'],
        mariadb: ['sql_big_selects'],
        postgresql: ['row_security'],
      }[name],
    );
  });

  test('is the same in the pool and for a lock', async ({ skip }) => {
    if (!engine) return skip('no server of its own is to be had');
    const lock = await engine.lock({ name: 'work', program: 'test', waitMs: 0 });
    const variable = (setting: string) =>
      name === 'postgresql' ? sql.raw(`current_setting('${setting}')`) : sql.raw(`@@session.${setting}`);
    for (const db of [engine.kysely<unknown>(), lock.kysely<unknown>()]) {
      for (const [setting, wanted] of name === 'postgresql'
        ? [
            ['TimeZone', 'UTC'],
            ['row_security', 'off'],
            ['statement_timeout', '0'],
            ['synchronous_commit', 'local'],
          ]
        : [
            ['time_zone', '+00:00'],
            ['character_set_results', 'utf8mb4'],
            ['completion_type', 'NO_CHAIN'],
            ['wait_timeout', '2592000'],
          ]) {
        const { rows } = await sql<{ value: unknown }>`select ${variable(setting ?? '')} as value`.execute(
          db,
        );
        expect([setting, String(rows[0]?.value)]).toEqual([setting, wanted]);
      }
    }
    await lock.release();
  });

  test('keeps every character from the sample to an archive and back', async ({ skip }) => {
    if (!engine || !database || !hostile) return skip('no server of its own is to be had');
    await migrate(engine, { program: 'test', waitMs: 0 });
    const until = Date.UTC(2026, 0, 31);
    await loadSample(engine, { jobs: 60, days: 60, seed: 1, until, force: false });
    const db = engine.kysely<Database>();
    await db.updateTable('artifacts').set({ note: NOTE }).execute();
    const before = await stored();
    // What lies there is UTF-8: read as it was written, garbled texts would seem to be right.
    const names = await db.selectFrom('company').select('name').orderBy('id').execute();
    expect(before.names).toEqual(names.map((row) => hex(row.name)));
    expect(new Set(before.notes)).toEqual(new Set([hex(NOTE)]));

    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-archive-'));
    const words = ['prune', '--jobs', '--older-than', '2026-01-15', '--guard', '100', '--yes'];
    const pruned = await cli([...words, '--archive', directory], database.environment);
    expect([pruned.exit, pruned.stderr]).toEqual([0, expect.anything()]);
    expect((await stored()).notes.length).toBeLessThan(before.notes.length);
    const archive = readdirSync(directory).find((entry) => /^\d{8}T/.test(entry)) ?? '';
    const back = await cli(
      ['archive:restore', archive, '--archive', directory, '--yes'],
      database.environment,
    );
    expect([back.exit, back.stderr]).toEqual([0, expect.anything()]);
    expect(await stored()).toEqual(before);
    rmSync(directory, { recursive: true });
  });

  /** As it lies in the database, asked by somebody else. */
  async function stored(): Promise<{ names: string[]; notes: string[] }> {
    return { names: await column('company', 'name'), notes: await column('artifacts', 'note') };
  }

  async function column(table: string, of: string): Promise<string[]> {
    if (name === 'postgresql') {
      // It converts by itself, and knows what it holds: nothing of it can be garbled underneath.
      const bytes = sql<string>`encode(convert_to(${sql.ref(of)}, 'UTF8'), 'hex')`;
      const { rows } = await sql<{ bytes: string }>`
        select ${bytes} as bytes from ${sql.table(table)} order by id`.execute(
        (engine as Engine).kysely<unknown>(),
      );
      return rows.map((row) => row.bytes);
    }
    const { DB_DATABASE } = (database as TestDatabase).environment;
    const rows = await runOn(
      (hostile as HostileServer).server,
      `select hex(${of}) as bytes from ${DB_DATABASE}.${table} order by id`,
    );
    return rows.map((row) => String(row.bytes).toLowerCase());
  }
});

function hex(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex');
}
