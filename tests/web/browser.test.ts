/** The console in a real browser: every page in both lights and on a phone, a whole purge, and the server killed in the middle. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PAGES } from '../../src/web/index.ts';
import { BROWSER, hurdles, startBrowser } from '../harness/browser.ts';
import { finished, startCli } from '../harness/cli.ts';
import { migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';

const JOBS = 400;
const LIGHTS = ['light', 'dark'] as const;
/** Where pictures of the pages are written, for the documentation; nowhere unless it is asked for. */
const PICTURES = process.env.MULTIFLEXI_PICTURES;
/** Those that are worth more than their plain address. */
const ADDRESSES: readonly string[] = [
  ...PAGES.keys(),
  '/purge?jobs=true&keep=100&explain=1',
  '/purge?jobs=true&keep=nonsense',
  '/purge?by=policies',
  '/housekeeper?plan=yes',
  '/migrations?plan=down&target=20241209204404',
  '/migrations?verify=yes',
  '/tables?plan=optimize',
];

describe.skipIf(BROWSER === undefined)('in a browser', () => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let home: string;
  let browser: Browser;
  let context: BrowserContext;
  const consoles: Started[] = [];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'multiflexi-home-'));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(home, { recursive: true, force: true });
  });
  afterEach(async () => {
    await context.close();
    for (const { process: started } of consoles.splice(0)) started.kill('SIGKILL');
    await database.drop();
  });

  const filled = async () => {
    database = await migratedDatabase('sqlite');
    // For pictures there is more to see.
    if (PICTURES) {
      const words = ['sample:load', '--jobs', '5000', '--days', '180', '--seed', '1'];
      for (const command of [words, ['housekeeper:run']]) await finished(startCli(command, environment()));
      return;
    }
    await makeCompany(database.engine);
    const jobs = Array.from(
      { length: JOBS },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(database.engine, jobs, []);
  };
  const environment = () => ({ ...database.environment, HOME: home, ARCHIVE_DIR: join(home, 'archives') });
  const console = async (...words: string[]) => {
    const started = await startedConsole(startCli(['console', ...words], environment()));
    consoles.push(started);
    return started;
  };
  const opened = async ({ url }: Started, options: Parameters<Browser['newContext']>[0] = {}) => {
    context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForSelector('nav');
    return page;
  };
  const jobs = async () => {
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from job`.execute(
      database.engine.kysely<unknown>(),
    );
    return Number(rows[0]?.n);
  };

  test('the token is gone from the address before the page is there, and is good for one login', async () => {
    await filled();
    const started = await console();
    const page = await opened(started);
    expect(page.url()).toBe(`${started.origin}/`);
    const other = await (await browser.newContext()).newPage();
    await other.goto(started.url);
    await other.getByText('This token is not valid').waitFor();
    expect([await other.locator('nav').count(), await hurdles(other)]).toEqual([0, []]);
    await other.context().close();
  });

  test.each(LIGHTS)(
    'every page can be read by everybody in the %s, and fits a phone',
    async (colorScheme) => {
      await filled();
      const started = await console();
      const page = await opened(started, { colorScheme });
      const faults: unknown[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (said) => said.type() === 'error' && faults.push(said.text()));
      for (const address of ADDRESSES) {
        await page.setViewportSize({ width: 1200, height: 900 });
        await page.goto(`${started.origin}${address}`);
        // Nothing but colours changes in the dark.
        const rules = colorScheme === 'dark' ? ['color-contrast'] : undefined;
        expect([address, await hurdles(page, rules)]).toEqual([address, []]);
        await pictured(page, address, colorScheme);
        await page.setViewportSize({ width: 360, height: 740 });
        const overflow = await page.evaluate(
          'document.scrollingElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect([address, overflow]).toEqual([address, 0]);
      }
      expect(faults).toEqual([]);
    },
  );

  test('the keyboard alone leads past the menu, and to a plan', async () => {
    await filled();
    const started = await console();
    const page = await opened(started);
    await page.goto(`${started.origin}/purge`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/Skip to the page/);
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.locator('input[name=keep]').focus();
    await page.keyboard.type('100');
    await page.keyboard.press('Enter');
    await page.locator('#plan').getByText('The plan').waitFor();
    expect(new URL(page.url()).searchParams.get('keep')).toBe('100');
  });

  test('a purge is planned, confirmed by its number, followed by two, and ends with its result', async () => {
    await filled();
    const started = await console();
    const page = await opened(started);
    await page.goto(`${started.origin}/purge?jobs=true&keep=100`);
    await page.locator('input[name=rows]').fill('899');
    for (const tick of await page.locator('[data-confirmation]').all()) await tick.check();
    await page.locator('form[data-command=prune] button[type=submit]').click();
    // It is not the number that stands there: nothing was sent.
    expect([page.url().includes('/purge'), await jobs()]).toEqual([true, JOBS]);
    await page.locator('input[name=rows]').fill('900');
    const second = await context.newPage();
    const writing = await context.newPage();
    await whileLocked(database, async () => {
      await page.locator('form[data-command=prune] button[type=submit]').click();
      await page.waitForURL('**/run');
      await page.getByRole('button', { name: 'Stop it' }).waitFor();
      await second.goto(`${started.origin}/growth`);
      await second.locator('.run-strip').getByText('prune by').waitFor();
      await writing.goto(`${started.origin}/purge`);
      await writing.locator('input[name=older_than]').fill('2y');
    });
    await page.locator('.run .mark.ok').waitFor();
    await page.getByRole('table', { name: 'Deleted' }).waitFor();
    expect([await jobs(), await hurdles(page)]).toEqual([100, []]);
    await second.locator('.run-strip').waitFor({ state: 'detached' });
    await writing.locator('.run-strip').getByText('has ended').waitFor();
    expect(await writing.locator('input[name=older_than]').inputValue()).toBe('2y');
  });

  test('of a run that says much, the newest is shown, and what stands there is not said again', async () => {
    await filled();
    const started = await console();
    const page = await opened(started);
    await page.goto(`${started.origin}/purge?jobs=true&keep=100`);
    await page.locator('input[name=rows]').fill('900');
    for (const tick of await page.locator('[data-confirmation]').all()) await tick.check();
    const said = (from: number) =>
      Array.from({ length: 100 }, (_, n) => ({ at: new Date(from + n).toISOString(), text: `n${from + n}` }));
    const event = (from: number) =>
      `event: run\ndata: ${JSON.stringify({ state: 'running', progress: null, notices: said(from) })}\n\n`;
    const marked = Promise.withResolvers<void>();
    let sent = 0;
    // Between two answers the page thinks that the console is lost; it must not load itself again meanwhile.
    await page.route('**/healthz', (route) => route.abort());
    // As the server tells it: the last hundred, each time.
    await page.route('**/events', async (route) => {
      const isFirst = sent++ === 0;
      if (!isFirst) await marked.promise;
      await route.fulfill({
        contentType: 'text/event-stream',
        body: `retry: 50\n\n${event(isFirst ? 0 : 30)}`,
      });
    });
    await whileLocked(database, async () => {
      await page.locator('form[data-command=prune] button[type=submit]').click();
      await page.getByText('n99', { exact: false }).waitFor();
      await page.evaluate("document.querySelector('[data-run-notices]').lastElementChild.id = 'known'");
      marked.resolve();
      await page.getByText('n129', { exact: false }).waitFor();
      const items = page.locator('[data-run-notices] li');
      expect(await items.count()).toBe(100);
      expect(await items.first().textContent()).toMatch(/ n30$/);
      expect(await page.locator('#known').textContent()).toMatch(/ n99$/);
      // The same hundred once more changes nothing: the third answer is there when the fourth is asked for.
      await expect.poll(() => sent, { timeout: 60_000 }).toBeGreaterThan(3);
      expect(await items.count()).toBe(100);
    });
  });

  test('pages can be read without script, at twice their size, and in print', async () => {
    await filled();
    const started = await console();
    const session = await (await opened(started)).context().storageState();
    await context.close();
    context = await browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 640, height: 400 },
      storageState: session,
    });
    const page = await context.newPage();
    for (const address of PAGES.keys()) {
      await page.goto(`${started.origin}${address}`);
      await page.locator('main h1').waitFor();
      const width = await page.locator('body').evaluate((body) => body.scrollWidth);
      expect([address, width]).toEqual([address, 640]);
    }
    await page.goto(`${started.origin}/purge?jobs=true&keep=100`);
    await page.getByText('rows would be deleted').waitFor();
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav').isVisible()).toBe(false);
    await page.getByRole('table', { name: 'To be deleted' }).waitFor();
  });

  test('an archive is looked at and its restore planned by everybody', async () => {
    await filled();
    await finished(startCli(['prune', '--jobs', '--keep', '390', '--archive', '--yes'], environment()));
    const page = await opened(await console());
    await page.getByRole('link', { name: 'Archives' }).click();
    await page.getByRole('table', { name: 'Archives' }).getByRole('link').first().click();
    await page.getByRole('table', { name: 'Jobs by company' }).waitFor();
    expect(await hurdles(page)).toEqual([]);
    await page.locator('input[name=job]').fill('3');
    await page.locator('form[action="/archives"] button[type=submit]').click();
    await page.getByRole('button', { name: 'Restore 3 rows' }).waitFor();
    expect(await hurdles(page)).toEqual([]);
    await page.getByRole('button', { name: 'Restore 3 rows' }).click();
    await page.locator('.run .mark.ok').waitFor();
    expect(await jobs()).toBe(391);
  });

  test('a server that is killed in the middle leaves a page that says so, and a purge that can be finished', async () => {
    await filled();
    const started = await console();
    const page = await opened(started);
    await page.goto(`${started.origin}/purge?jobs=true&keep=100`);
    await page.locator('input[name=rows]').fill('900');
    for (const tick of await page.locator('[data-confirmation]').all()) await tick.check();
    await whileLocked(database, async () => {
      await page.locator('form[data-command=prune] button[type=submit]').click();
      await page.getByRole('button', { name: 'Stop it' }).waitFor();
      started.process.kill('SIGKILL');
      await page.getByText('The console does not answer.').waitFor();
    });
    expect(await jobs()).toBe(JOBS);
    const again = await console('--port', new URL(started.origin).port);
    // It has found the console again, which knows nothing of its session.
    await page.getByText('Open the address').waitFor();
    await page.goto(again.url);
    await page.waitForSelector('nav');
    await page.goto(`${again.origin}/purge?jobs=true&keep=100`);
    await page.locator('input[name=rows]').fill('900');
    for (const tick of await page.locator('[data-confirmation]').all()) await tick.check();
    await page.locator('form[data-command=prune] button[type=submit]').click();
    await page.locator('.run .mark.ok').waitFor();
    expect(await jobs()).toBe(100);
  });
});

interface Started {
  readonly process: ChildProcess;
  readonly url: string;
  readonly origin: string;
}

function startedConsole(child: ReturnType<typeof startCli>): Promise<Started> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('exit', (status) => reject(new Error(`the console has ended with ${status}: ${said}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const [url] = /http:\S+/.exec(text) ?? [];
      if (url) resolve({ process: child, url, origin: new URL(url).origin });
    });
  });
}

/** Nobody else can write meanwhile: a purge that is begun waits. */
async function whileLocked(
  { engine }: Awaited<ReturnType<typeof migratedDatabase>>,
  work: () => Promise<void>,
): Promise<void> {
  await engine
    .kysely<unknown>()
    .connection()
    .execute(async (db) => {
      await sql`begin immediate`.execute(db);
      await work().finally(() => sql`rollback`.execute(db));
    });
}

async function pictured(page: Page, address: string, light: string): Promise<void> {
  if (PICTURES === undefined || !(PAGES.has(address) || address.startsWith('/purge'))) return;
  mkdirSync(PICTURES, { recursive: true });
  const name = address === '/' ? 'health' : address.slice(1).replace(/\?.*/, '-plan');
  await page.screenshot({ path: join(PICTURES, `${name}-${light}.png`) });
}
