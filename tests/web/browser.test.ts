/** The console in a real browser: every page in both lights and on a phone, a whole purge, and the server killed in the middle. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, utc } from '../../src/engines/index.ts';
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
  '/backend?export=plan',
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

  const filled = async (count = JOBS) => {
    database = await migratedDatabase('sqlite');
    // For pictures there is more to see.
    if (PICTURES) {
      const words = ['sample:load', '--jobs', '5000', '--days', '180', '--seed', '1'];
      const archived = ['prune', '--jobs', '--keep', '4900', '--archive', '--yes'];
      for (const command of [words, archived, ['housekeeper:run']])
        await finished(startCli(command, environment()));
      await makeYearOfSamples(database.engine);
      return;
    }
    await makeCompany(database.engine);
    const jobs = Array.from(
      { length: count },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(database.engine, jobs, []);
  };
  const environment = () => ({ ...database.environment, HOME: home, ARCHIVE_DIR: join(home, 'archives') });
  /** The settings in a file, with those of another database beside it: words of a command. @returns also where that one is */
  const settings = () => {
    const [file, other] = [join(home, 'multiflexi.env'), join(home, 'other.sqlite')];
    const lines = Object.entries(database.environment).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file, lines.join(''), { mode: 0o600 });
    const another = `DB_CONNECTION=sqlite\nDB_DATABASE=${other}\n`;
    writeFileSync(join(home, 'other.env'), another, { mode: 0o600 });
    return { words: ['-e', file], other };
  };
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
      const started = await console(...settings().words);
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

  test('whatever can be used or seen has a name, and no state is told by its colour alone', async () => {
    await filled();
    await makeYearOfSamples(database.engine);
    const started = await console(...settings().words);
    const page = await opened(started);
    const signs = new Map<string, Set<string>>();
    for (const address of ADDRESSES) {
      await page.goto(`${started.origin}${address}`);
      // As a screen reader has it: a role, and its name in quotation marks.
      const tree = (await page.locator('body').ariaSnapshot()).split('\n');
      const nameless = tree.filter((line) =>
        /^\s*- (?:button|link|textbox|combobox|checkbox|img|table|region|progressbar|navigation)(?! ")/.test(
          line,
        ),
      );
      expect([address, nameless]).toEqual([address, []]);
      expect(tree.length).toBeGreaterThan(20);
      const silent = await page
        .locator('.ok, .warn, .fail, .stale, .failure, .nothing')
        .evaluateAll((all) =>
          all.filter(({ textContent }) => !textContent?.trim()).map(({ outerHTML }) => outerHTML),
        );
      expect([address, silent]).toEqual([address, []]);
      for (const mark of await page.locator('.mark').all()) {
        const tone = (await mark.getAttribute('class'))?.replace('mark ', '') ?? '';
        const sign = (await mark.locator('.sign').textContent()) ?? '';
        signs.set(tone, (signs.get(tone) ?? new Set()).add(sign));
        expect((await mark.textContent())?.replace(sign, '').trim()).not.toBe('');
      }
    }
    // One sign for each state, and another one for each other.
    const all = [...signs.values()].map((some) => [...some].join());
    expect(all.length).toBeGreaterThan(2);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((some) => [...some].length !== 1)).toEqual([]);
  });

  test('Health is looked at anew by itself, and not under the hands of somebody who uses it', async () => {
    await filled();
    const started = await console();
    const page = await opened(started);
    await page.clock.install();
    await page.goto(`${started.origin}/`);
    await page.getByText('The schema').first().waitFor();
    const drifted = page.getByRole('link', { name: 'Compare the schema' });
    expect(await drifted.count()).toBe(0);
    await database.engine.kysely().schema.alterTable('company_env').addColumn('stray', 'integer').execute();
    const later = async () => {
      await page.clock.fastForward(31_000);
      return drifted.count();
    };
    // What was seen last is good for some seconds of the server's own time.
    await expect.poll(later, { timeout: 60_000 }).toBe(1);
    const reason = page.locator('.finding', { has: drifted }).locator('details');
    await reason.locator('summary').click();
    await reason.locator('input[name=reason]').fill('half wri');
    await database.engine.kysely().schema.alterTable('company_env').dropColumn('stray').execute();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    for (let round = 0; round < 3; round++) await page.clock.fastForward(31_000);
    expect([await reason.locator('input[name=reason]').inputValue(), asked]).toEqual(['half wri', []]);
    await reason.locator('input[name=reason]').fill('');
    await reason.locator('summary').click();
    await page.getByRole('heading', { name: 'Health' }).click();
    await page.evaluate('document.activeElement.blur()');
    await expect.poll(later, { timeout: 60_000 }).toBe(0);
  });

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

  test('a server that is killed among its chunks has deleted whole jobs, and the rest is found and deleted', async () => {
    await filled(20_000);
    const started = await console();
    const page = await opened(started);
    const confirmed = async (origin: string) => {
      await page.goto(`${origin}/purge?jobs=true&keep=100`);
      const input = page.locator('input[name=rows]');
      await input.fill((await input.getAttribute('data-expected')) ?? '');
      for (const tick of await page.locator('[data-confirmation]').all()) await tick.check();
      await page.locator('form[data-command=prune] button[type=submit]').click();
    };
    await confirmed(started.origin);
    await expect.poll(jobs, { timeout: 60_000, interval: 5 }).toBeLessThan(20_000);
    started.process.kill('SIGKILL');
    await page.getByText('The console does not answer.').waitFor();
    expect(await jobs()).toBeGreaterThan(100);
    const strays = async (table: string) => {
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from ${sql.table(table)} where job_id is not null and job_id not in (select id from job)`.execute(
        database.engine.kysely<unknown>(),
      );
      return Number(rows[0]?.n);
    };
    expect([await strays('artifacts'), await strays('logger')]).toEqual([0, 0]);
    const again = await console('--port', new URL(started.origin).port);
    await page.getByText('Open the address').waitFor();
    await page.goto(again.url);
    await page.waitForSelector('nav');
    await confirmed(again.origin);
    await page.locator('.run .mark.ok').waitFor();
    expect([await jobs(), await strays('artifacts'), await strays('logger')]).toEqual([100, 0, 0]);
    await page.goto(`${again.origin}/housekeeper?duty=prune`);
    const history = page.getByRole('table', { name: 'Newest first' });
    await history.getByText('interrupted').waitFor();
    await history.getByText('done').first().waitFor();
  });

  test('the backend is checked, switched with its receipt, and switched back, by everybody', async () => {
    await filled();
    const { words, other } = settings();
    const started = await console(...words);
    const page = await opened(started);
    await page.getByRole('link', { name: 'Backend' }).click();
    await page.getByRole('combobox', { name: 'Settings of the other database' }).selectOption('other.env');
    const checked = async () => {
      await page.getByRole('link', { name: 'See the plan' }).click();
      expect(await hurdles(page)).toEqual([]);
      const rows = page.locator('input[name=rows]');
      await rows.fill((await rows.getAttribute('data-expected')) ?? '');
      await page.getByRole('button', { name: 'Switch to' }).click();
      await page.getByRole('table', { name: 'Receipt' }).waitFor();
      expect(await hurdles(page)).toEqual([]);
    };
    await page.getByRole('button', { name: 'Check it' }).first().click();
    await checked();
    await page.locator('header').getByText(other).waitFor();
    await page.getByRole('link', { name: 'the way back' }).click();
    await page.locator('#last .mark.ok').waitFor();
    expect(await hurdles(page)).toEqual([]);
    await page.getByRole('button', { name: 'Check the way back' }).click();
    await checked();
    await page
      .locator('header')
      .getByText(database.environment.DB_DATABASE ?? '')
      .waitFor();
    // One that cannot be reached: the page has its words, and the password is in none.
    await page.getByRole('link', { name: 'Backend' }).click();
    await page.getByRole('textbox', { name: 'URL' }).fill('mysql://somebody@127.0.0.1:1/none');
    await page.getByRole('textbox', { name: 'Password' }).fill('s3cret-word');
    await page.getByRole('button', { name: 'Check it' }).last().click();
    await page.getByRole('alert').getByText('SERVER_UNREACHABLE').waitFor();
    expect([page.url(), (await page.content()).includes('s3cret-word')]).toEqual([
      `${started.origin}/run`,
      false,
    ]);
    await page.getByRole('link', { name: 'Backend' }).click();
    await page.getByRole('button', { name: 'Export now' }).click();
    await page.locator('.run .mark.ok').waitFor();
    expect(await hurdles(page)).toEqual([]);
    await page.getByRole('link', { name: 'Backend' }).click();
    await page.getByRole('table', { name: 'The last 1 export' }).getByText('.rows.zst').waitFor();
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

/** As the housekeeper would have taken them, for the picture of Growth. */
async function makeYearOfSamples(engine: Engine): Promise<void> {
  const { totalBytes, tables } = await engine.sizes('cheap');
  const now = Date.now();
  const days = Array.from({ length: 366 }, (_, day) => 366 - day);
  await engine.bulkLoad({
    table: 'size_sample',
    columns: ['taken_at', 'table_name', 'rows_exact', 'row_count', 'total_bytes'],
    rows: days.flatMap((day) => {
      // Faster in the last months, and a purge.
      const share = (1 - day / 500) ** 2 + (day > 120 && day < 200 ? 0.08 : 0);
      const sample = (name: string, bytes: number) => [
        utc(now - day * 86_400_000),
        name,
        false,
        null,
        BigInt(Math.round(bytes * share)),
      ];
      // The samples themselves take a twelfth.
      return [
        sample('', totalBytes * 1.09),
        ...tables.map(({ name, totalBytes: bytes }) => sample(name, bytes)),
      ];
    }),
  });
}

/** Paths of this run are shown as those of an installation. */
const PLACES_OF_THE_TEST = `(() => {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    walker.currentNode.data = walker.currentNode.data.replace(/\\/\\S*(?:multiflexi-(?:home|test|copy)-?|template)[^\\s/]*/g, '/var/lib/multiflexi');
})()`;

async function pictured(page: Page, address: string, light: string): Promise<void> {
  if (PICTURES === undefined || !(PAGES.has(address) || address.startsWith('/purge'))) return;
  mkdirSync(PICTURES, { recursive: true });
  const name = address === '/' ? 'health' : address.slice(1).replace(/\?.*/, '-plan');
  await page.evaluate(PLACES_OF_THE_TEST);
  await page.screenshot({ path: join(PICTURES, `${name}-${light}.png`) });
}
