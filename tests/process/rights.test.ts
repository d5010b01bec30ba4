/** The rights that docs/settings.md says a command needs are enough for it. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/migrations/index.ts';
import { cli } from '../harness/cli.ts';
import { administer, describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

const DOCS = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
const PASSWORD = "p'a\\ss#word ž";

/** The cell of a command in the table of rights. */
function documented(command: string, place: 1 | 2): string {
  const row = DOCS.split('\n').find(
    (line) => line.startsWith('| ') && line.includes(`\`${command}\``) && line.split('|').length === 5,
  );
  return row?.split('|')[place + 1]?.trim() ?? '';
}

describeEngines('an account with the documented rights', (name) => {
  if (name === 'sqlite') {
    test('is no matter on sqlite: the file has an owner', () => expect(DOCS).toContain('mode 0600'));
    return;
  }
  const server = name;
  let database: TestDatabase;
  const users: string[] = [];

  beforeAll(async () => {
    database = await freshDatabase(name);
  });
  afterAll(async () => {
    await database.drop();
    for (const user of users)
      await administer(server, name === 'postgresql' ? `drop role ${user}` : `drop user '${user}'@'%'`);
  });

  /** A new account, to which nothing is granted yet. */
  async function account(): Promise<string> {
    const user = `u_${randomBytes(5).toString('hex')}`;
    const literal = PASSWORD.replaceAll("'", "''");
    if (name === 'postgresql') await administer(server, `create role ${user} login password '${literal}'`);
    else
      await administer(
        server,
        `create user '${user}'@'%' identified by '${literal.replaceAll('\\', '\\\\')}'`,
      );
    users.push(user);
    return user;
  }
  const run = (user: string, ...words: string[]) =>
    cli(words, { ...database.environment, DB_USERNAME: user, DB_PASSWORD: PASSWORD });
  const name_ = () => database.environment.DB_DATABASE ?? '';

  test('takes the schema up, fills it, and takes it back', async () => {
    const user = await account();
    if (name === 'postgresql') {
      await administer(server, `alter database ${name_()} owner to ${user}`);
    } else {
      const rights = /GRANT (.*) ON multiflexi\.\* TO/.exec(DOCS)?.[1];
      await administer(server, `grant ${rights} on ${name_()}.* to '${user}'@'%'`);
    }
    for (const [exit, ...words] of [
      [3, 'db:status'],
      [0, 'db:migrate'],
      [0, 'sample:load', '--jobs', '300'],
      [0, 'prune', '--jobs', '--logs', '--keep', '10', '--yes', '--reclaim'],
      [0, 'db:rollback', '-t', '0', '--yes'],
    ] as const) {
      const { exit: status, stderr } = await run(user, ...words);
      expect([words, status, status === exit ? '' : stderr]).toEqual([words, exit, '']);
    }
  });

  test('looks and prunes with the rights of those commands alone', async () => {
    const engine = await database.open();
    await migrate(engine, { program: 'test', waitMs: 0 });
    await engine.close();
    for (const [column, commands] of [
      [
        'db:status',
        [
          ['db:status'],
          ['db:size', '--exact'],
          ['db:migrate', '--dry-run'],
          ['prune', '--jobs', '--keep', '1', '--dry-run'],
        ],
      ],
      ['db:size --sample', [['db:size', '--sample']]],
      ['db:reclaim', [['db:reclaim']]],
      ['sample:load', [['sample:load', '--jobs', '200', '--force']]],
      ['prune', [['prune', '--jobs', '--logs', '--keep', '10', '--yes']]],
    ] as const) {
      const user = await account();
      await grant(user, documented(column, name === 'postgresql' ? 2 : 1));
      for (const words of commands) {
        const { exit, stderr } = await run(user, ...words);
        expect([words, exit, exit === 0 ? '' : stderr]).toEqual([words, 0, '']);
      }
      await revoke(user);
    }
  });

  test('keeps house with the rights of that command alone, each duty of it', async () => {
    expect((await cli(['db:migrate'], database.environment)).exit).toBe(0);
    expect((await cli(['sample:load', '--jobs', '300', '--force'], database.environment)).exit).toBe(0);
    const user = await account();
    await grant(user, documented('housekeeper:run', name === 'postgresql' ? 2 : 1));
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-rights-'));
    const words = ['housekeeper:run', '--once', '--archive', directory, '-f', 'json'];
    const { exit, stdout, stderr } = await run(user, ...words);
    rmSync(directory, { recursive: true });
    expect([exit, exit === 0 ? '' : stderr]).toEqual([0, '']);
    const duties = JSON.parse(stdout).duties as { duty: string; outcome: string; error: unknown }[];
    for (const { duty, outcome, error } of duties)
      expect([duty, outcome, error]).toEqual([duty, 'done', null]);
    await revoke(user);
    const reader = await account();
    await grant(reader, documented('housekeeper:status', name === 'postgresql' ? 2 : 1));
    for (const command of ['housekeeper:status', 'housekeeper:history'])
      expect([command, (await run(reader, command)).exit]).toEqual([command, 0]);
    expect((await run(reader, 'housekeeper:run', '--dry-run', '--once')).exit).toBe(0);
    await revoke(reader);
  });

  test('that fails a rollback before its first step leaves the migration applied', async () => {
    const user = await account();
    await grant(
      user,
      server === 'postgresql'
        ? 'SELECT, INSERT, UPDATE, DELETE on the tables'
        : 'SELECT, INSERT, UPDATE, DELETE',
    );
    // The newest one that takes a right: what comes after it has nothing to do on servers.
    const newest = '20261126213000';
    expect((await cli(['db:rollback', '-t', newest, '--yes'], database.environment)).exit).toBe(0);
    const { exit, stderr } = await run(user, 'db:rollback', '--yes');
    expect([exit, stderr]).toEqual([1, expect.stringMatching(/failed at step 1 of|is missing a privilege/)]);
    const status = JSON.parse((await run(user, 'db:status', '-f', 'json')).stdout);
    expect(status.migrations).toContainEqual(
      expect.objectContaining({ migration_id: newest, state: 'up', direction: null }),
    );
    expect((await cli(['db:migrate'], database.environment)).exit).toBe(0);
    expect((await run(user, 'prune', '--logs', '--keep', '5')).exit).toBe(0);
    await revoke(user);
  });

  async function grant(user: string, rights: string): Promise<void> {
    if (name !== 'postgresql') return administer(server, `grant ${rights} on ${name_()}.* to '${user}'@'%'`);
    const [onTables = '', onSequences] = rights.replace('on the tables', '').split(', USAGE');
    await inDatabase(`grant ${onTables.trim().replace(/,$/, '')} on all tables in schema public to ${user}`);
    if (onSequences)
      await inDatabase(
        `grant usage${onSequences.replace(' on sequences', '')} on all sequences in schema public to ${user}`,
      );
  }

  async function revoke(user: string): Promise<void> {
    if (name === 'postgresql') await inDatabase(`drop owned by ${user}`);
  }

  async function inDatabase(statement: string): Promise<void> {
    const engine = await database.open();
    await sql
      .raw(statement.replaceAll(' and ', ', ').replace('usage, UPDATE', 'usage, update'))
      .execute(engine.kysely());
    await engine.close();
  }
});
