/** The database's server dies while two browsers watch a purge: both say that it waits, and both see its end. */
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

const JOBS = 15_000;
const KEPT = 100;

describe.skipIf(BROWSER === undefined || !isAvailable('postgresql'))('a server that restarts', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  const someone = async (browser: Browser, options: Parameters<Browser['newContext']>[0] = {}) => {
    const context: BrowserContext = await browser.newContext(options);
    ends.push(() => context.close());
    return { context, page: await context.newPage() };
  };

  test('in the middle of a purge is waited for, in two browsers', { timeout: 300_000 }, async () => {
    const crashable = await provideCrashable('postgresql');
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
    await expect
      .poll(async () => (await left(engine)).length, { timeout: 60_000, interval: 20 })
      .toBeLessThan(JOBS);
    await engine.close();
    await crashable.crash();
    for (const { page } of [first, second]) {
      await page.goto(`${console.origin}/run`);
      await page.getByText('Retrying in', { exact: false }).first().waitFor();
    }
    // What is looked at meanwhile is old, and said to be, or not there, and that is said.
    await second.page.goto(`${console.origin}/retention`);
    await second.page.locator('.run-strip').waitFor();
    await second.page.locator('.stale, .failure').first().waitFor();
    await second.page.goto(`${console.origin}/run`);
    await crashable.startAgain();
    for (const { page } of [first, second]) {
      await page.locator('.run .mark.ok').waitFor({ timeout: 120_000 });
      await page.getByRole('table', { name: 'Deleted' }).waitFor();
    }
    const after = await openEngine(database.settings, 'inspect');
    ends.push(() => after.close());
    expect(await left(after)).toEqual(Array.from({ length: KEPT }, (_, n) => BigInt(JOBS - KEPT + n + 1)));
  });
});
