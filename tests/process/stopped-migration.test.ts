/** A migration that waits for somebody else's lock ends soon after SIGTERM, and the next one finishes. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { migrate } from '../../src/migrations/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { describeEngines, freshDatabase } from '../harness/engines.ts';

describeEngines('db:migrate that waits', (name) => {
  test('ends within ten seconds of SIGTERM', async () => {
    const database = await freshDatabase(name);
    const engine = await database.open('create');
    await migrate(engine, { program: 'test', waitMs: 0, target: '20221123091933' });
    const child = startCli(['db:migrate'], database.environment);
    const waits = new Promise((resolve) => {
      let said = '';
      child.stderr.on('data', (text) => {
        said += text;
        if (said.includes("waiting for another session's lock")) resolve(said);
      });
    });
    const ended = finished(child);
    let took = 0;
    // Its tables get a column with a reference: on servers the reader is in the way of that, on SQLite any writer.
    await engine
      .kysely<unknown>()
      .transaction()
      .execute(async (transaction) => {
        await (name === 'sqlite'
          ? sql`update logger set message = message`
          : sql`select count(*) as n from logger`
        ).execute(transaction);
        await waits;
        const asked = performance.now();
        child.kill('SIGTERM');
        await ended;
        took = performance.now() - asked;
      });
    const { exit, stderr } = await ended;
    expect([exit, stderr]).toEqual([expect.any(Number), expect.stringMatching(/interrupted/i)]);
    expect(exit).not.toBe(0);
    expect(took).toBeLessThan(10_000);
    expect((await cli(['db:migrate'], database.environment)).exit).toBe(0);
    await engine.close();
    await database.drop();
  });
});
