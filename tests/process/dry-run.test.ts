/** A dry run changes nothing: not the schema, not a row, not the ledger. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MIGRATIONS, migrate } from '../../src/migrations/index.ts';
import { LEDGER, STEPS } from '../../src/migrations/ledger/tables.ts';
import { cli } from '../harness/cli.ts';
import { dataDigest, schemaDigest } from '../harness/digests.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';
import { fillTables, tablesOf } from '../harness/filling.ts';

const HALF = MIGRATIONS.slice(0, 10);

describeEngines('a dry run', (name) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase(name);
    const engine = await database.open('create');
    await migrate(engine, { program: 'test', waitMs: 0, target: HALF.at(-1)?.version });
    await fillTables(engine, HALF);
    await engine.close();
  });
  afterAll(() => database.drop());

  async function everything(): Promise<string> {
    const engine = await database.open('inspect');
    const ledger = await Promise.all(
      [LEDGER, STEPS].map((table) =>
        sql`select * from ${sql.table(table)} order by version`.execute(engine.kysely()),
      ),
    );
    const digest = [
      await schemaDigest(engine),
      await dataDigest(engine, tablesOf(engine, HALF)),
      createHash('sha256')
        .update(JSON.stringify(ledger.map(({ rows }) => rows)))
        .digest('hex'),
    ].join(' ');
    await engine.close();
    const { settings } = database;
    return settings.connection === 'sqlite'
      ? `${digest} ${createHash('sha256').update(readFileSync(settings.file)).digest('hex')}`
      : digest;
  }

  test.each([
    ['db:migrate'],
    ['db:migrate', '-t', MIGRATIONS[11]?.version ?? ''],
    ['db:rollback'],
    ['db:rollback', '-t', '0'],
  ])('of %s %s %s leaves everything as it was', async (...words) => {
    const before = await everything();
    for (const format of ['text', 'json']) {
      const { exit, stdout } = await cli([...words, '--dry-run', '-f', format], database.environment);
      expect([exit, stdout]).toEqual([0, expect.stringMatching(/create|drop/)]);
    }
    expect(await everything()).toBe(before);
  });

  test('cannot write even if it wanted to', async () => {
    const before = await everything();
    const engine = await database.open('inspect');
    for (const statement of ['drop table token', 'delete from job', `update company set name = 'x'`])
      await expect(sql.raw(statement).execute(engine.kysely())).rejects.toThrow(
        /read.?only|cannot be written/i,
      );
    await engine.close();
    expect(await everything()).toBe(before);
  });
});
