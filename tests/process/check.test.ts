/** What `db:check` prints for people and for scripts, and the status it ends with, on every engine. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECK } from '../../src/documents/schemas.ts';
import { type Engine, openEngine, type ServerSettings } from '../../src/engines/index.ts';
import { cli } from '../harness/cli.ts';
import {
  describeEngines,
  isAvailable,
  migratedDatabase,
  serverOf,
  type TestDatabase,
} from '../harness/engines.ts';
import { provideBouncer } from '../servers/index.ts';

describeEngines('db:check', (name) => {
  let database: TestDatabase & { readonly engine: Engine };
  beforeAll(async () => {
    database = await migratedDatabase(name);
  });
  afterAll(() => database.drop());
  const run = (...words: string[]) => cli(['db:check', ...words], database.environment);

  test('says that nothing is wrong with a fresh installation', async () => {
    for (const words of [[], ['--quick']]) {
      const { exit, stdout, stderr } = await run(...words);
      expect([exit, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Nothing was found[.;]/m);
    }
    const { exit, stdout } = await run('-f', 'json');
    expect([exit, CHECK.parse(JSON.parse(stdout))]).toMatchObject([0, { quick: false, finding_count: 0 }]);
  });

  test('ends with 7 for what is wrong, with its fix, and with 0 for a note', async () => {
    await sql`create table of_mine (id bigint not null primary key)`.execute(database.engine.kysely());
    const noted = await run('--quick');
    expect([noted.exit, noted.stdout]).toEqual([0, expect.stringContaining('note  schema:table:of_mine')]);
    expect(noted.stdout).toMatch(/It can be left: /);
    await sql`create index a_second on artifacts (job_id)`.execute(database.engine.kysely());
    const wrong = await run('--quick');
    expect([wrong.exit, wrong.stdout]).toEqual([
      7,
      expect.stringMatching(
        /^warning {2}indexes:artifacts\.a_second$[\s\S]*^ {2}Fix: drop index .*;$[\s\S]*^1 warning, 1 note$/m,
      ),
    ]);
    const json = await run('--quick', '-f', 'json');
    expect([json.exit, JSON.parse(json.stdout).finding_count]).toEqual([7, 2]);
  });

  test('refuses a time that is none', async () => {
    expect(await run('--timeout', '0')).toMatchObject({ exit: 64 });
  });
});

describe.skipIf(!isAvailable('postgresql'))('behind PgBouncer in session mode', () => {
  test('db:check says that a pooler stands there, which is nothing wrong', async ({ skip }) => {
    const bouncer = await provideBouncer(serverOf('postgresql'), { mode: 'session' });
    if (!bouncer) return skip('no PgBouncer is to be had');
    const database = await migratedDatabase('postgresql');
    const { port } = bouncer;
    const environment = { ...database.environment, DB_PORT: String(port) };
    const { exit, stdout } = await cli(['db:check', '--quick', '-f', 'json'], environment);
    expect([exit, JSON.parse(stdout).server_products]).toMatchObject([
      0,
      [{ name: 'a pooler', tested: true }],
    ]);
    const engine = await openEngine({ ...(database.settings as ServerSettings), port }, 'change');
    expect(await engine.serverProducts()).toMatchObject([{ name: 'a pooler', tested: true }]);
    await engine.close();
    await bouncer.stop();
    await database.drop();
  });

  test('an extension that makes another server of it is named before anything is changed, and in db:check', async () => {
    const database = await migratedDatabase('postgresql');
    // Aurora has such a function; what makes Citus is not to be had here.
    const run = (text: string) => sql.raw(text).execute(database.engine.kysely());
    await run("create function aurora_version() returns text language sql as $$ select '15.4' $$");
    const changed = await cli(['db:migrate'], database.environment);
    expect([changed.exit, changed.stderr]).toEqual([
      0,
      expect.stringMatching(/^Note: the server is Amazon Aurora, with which this program is not tested\./m),
    ]);
    expect(changed.stderr.match(/Aurora/g)).toHaveLength(1);
    const { exit, stdout, stderr } = await cli(['db:check', '--quick'], database.environment);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toContain('note  server:product:amazon-aurora');
    await database.drop();
  });
});
