/**
 * The database's server dies while two browsers watch a purge: both say that it waits, and both see its end.
 * A million rows and MariaDB as well with `npm run test:full`, or MULTIFLEXI_TEST_EVERY_MOMENT=1.
 */
import type { Browser, BrowserContext } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { openEngine } from '../../src/engines/index.ts';
import { migrate } from '../../src/migrations/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { BROWSER, startBrowser } from '../harness/browser.ts';
import { testConsole } from '../harness/console.ts';
import { freshOn } from '../harness/databases.ts';
import { isAvailable } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { provideCrashable } from '../servers/index.ts';

const IS_FULL = process.env.MULTIFLEXI_TEST_EVERY_MOMENT !== undefined;
/** With an artifact and a log entry each. */
const JOBS = IS_FULL ? 334_000 : 15_000;
const KEPT = 100;
/** So many are gone when the server dies. */
const GONE = IS_FULL ? JOBS / 3 : 1;
const LONGEST_MS = IS_FULL ? 1_800_000 : 120_000;
const ENGINES = (['postgresql', 'mariadb'] as const).filter(
  (name) => isAvailable(name) && (IS_FULL || name === 'postgresql'),
);

describe.skipIf(BROWSER === undefined).each(ENGINES)('%s that restarts', (name) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  const someone = async (browser: Browser, options: Parameters<Browser['newContext']>[0] = {}) => {
    const context: BrowserContext = await browser.newContext(options);
    ends.push(() => context.close());
    return { context, page: await context.newPage() };
  };

  test('in the middle of a purge is waited for, in two browsers', {
    timeout: 2 * LONGEST_MS + 60_000,
  }, async () => {
    const crashable = await provideCrashable(name);
    if (!crashable) throw new Error('no server of its own');
    ends.push(() => crashable.stop());
    const database = await freshOn(crashable.server);
    const engine = await openEngine(database.settings, 'create');
    await migrate(engine, { program: 'test', waitMs: 0 });
    await makeCompany(engine);
    const jobs = Array.from(
      { length: JOBS },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(engine, jobs, []);
    const left = async (watching: typeof engine) =>
      (await watching.kysely<Database>().selectFrom('job').select('id').orderBy('id').execute()).map(
        ({ id }) => id,
      );
    const oldest = async () => {
      const first = engine.kysely<Database>().selectFrom('job').select('id').orderBy('id').limit(1);
      return Number((await first.executeTakeFirst())?.id);
    };
    const console = await testConsole(database.environment);
    ends.push(() => console.close(10_000));
    const browser = await startBrowser();
    ends.push(() => browser.close());

    const first = await someone(browser);
    await first.page.goto(console.url);
    await first.page.waitForSelector('nav');
    const second = await someone(browser, { storageState: await first.context.storageState() });
    await first.page.goto(`${console.origin}/purge?jobs=true&keep=${KEPT}`);
    const rows = first.page.locator('input[name=rows]');
    await rows.fill((await rows.getAttribute('data-expected')) ?? '');
    for (const tick of await first.page.locator('[data-confirmation]').all()) await tick.check();
    await first.page.locator('form[data-command=prune] button[type=submit]').click();
    // A small purge would be over before a second browser has come.
    if (IS_FULL) {
      await first.page.waitForURL('**/run');
      await second.page.goto(`${console.origin}/run`);
      for (const { page } of [first, second]) await page.getByText(/ of about .* rows \(/).waitFor();
    }
    await expect.poll(oldest, { timeout: LONGEST_MS, interval: 20 }).toBeGreaterThan(GONE);
    await engine.close();
    await crashable.crash();
    for (const { page } of [first, second]) {
      if (!IS_FULL) await page.goto(`${console.origin}/run`);
      await page.getByText('Retrying in', { exact: false }).first().waitFor();
    }
    // What is looked at meanwhile is old, and said to be, or not there, and that is said.
    await second.page.goto(`${console.origin}/retention`);
    await second.page.locator('.run-strip').waitFor();
    await second.page.locator('.stale, .failure').first().waitFor();
    await second.page.goto(`${console.origin}/run`);
    await crashable.startAgain();
    for (const { page } of [first, second]) {
      await page.locator('.run .mark.ok').waitFor({ timeout: LONGEST_MS });
      await page.getByRole('table', { name: 'Deleted' }).waitFor();
    }
    const after = await openEngine(database.settings, 'inspect');
    ends.push(() => after.close());
    for (const table of ['artifacts', 'logger'] as const) {
      const rest = await after
        .kysely<Database>()
        .selectFrom(table)
        .select('job_id')
        .orderBy('job_id')
        .execute();
      expect([table, rest.length, rest.filter(({ job_id }) => Number(job_id) <= JOBS - KEPT)]).toEqual([
        table,
        KEPT,
        [],
      ]);
    }
    expect(await left(after)).toEqual(Array.from({ length: KEPT }, (_, n) => BigInt(JOBS - KEPT + n + 1)));
  });
});
