/** The console in a real browser: every page, in both lights, on a phone, by the keyboard alone, and without script. */
import { describe, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { PAGES } from '../../src/web/index.ts';
import { BROWSER, hurdles } from '../harness/browser.ts';
import { finished, startCli } from '../harness/cli.ts';
import { pictured } from '../harness/console-pictures.ts';
import { visiting } from '../harness/console-visit.ts';
import { unheard } from '../harness/heard.ts';
import { makeYearOfSamples } from '../harness/year-of-samples.ts';

const LIGHTS = ['light', 'dark'] as const;
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
  const visit = visiting();

  test('the token is gone from the address before the page is there, and is good for one login', async () => {
    await visit.filled();
    const started = await visit.start();
    const page = await visit.open(started);
    expect(page.url()).toBe(`${started.origin}/`);
    const other = await (await visit.browser.newContext()).newPage();
    await other.goto(started.url);
    await other.getByText('This token is not valid').waitFor();
    expect([await other.locator('nav').count(), await hurdles(other)]).toEqual([0, []]);
    expect(await other.getByRole('main').getByRole('heading', { level: 1 }).count()).toBe(1);
    expect(await other.getByRole('alert').textContent()).toMatch(/not valid/);
    await other.context().close();
  });

  test.each(LIGHTS)(
    'every page can be read by everybody in the %s, and fits a phone',
    async (colorScheme) => {
      await visit.filled();
      const started = await visit.start(...visit.settings().words);
      const page = await visit.open(started, { colorScheme });
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
    await visit.filled();
    await makeYearOfSamples(visit.database.engine);
    // Rows with buttons: several of a kind.
    const db = visit.database.engine.kysely<Database>();
    for (const subject of ['logger', 'token'] as const)
      await db.insertInto('retention_policy').values({ subject, max_age_days: 90 }).execute();
    for (const job_id of [3n, 4n])
      await db.insertInto('retention_hold').values({ job_id, reason: 'audit' }).execute();
    await finished(startCli(['prune', '--jobs', '--keep', '395', '--archive', '--yes'], visit.environment()));
    await finished(startCli(['prune', '--jobs', '--keep', '390', '--archive', '--yes'], visit.environment()));
    const started = await visit.start(...visit.settings().words);
    const page = await visit.open(started);
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
      expect([address, await unheard(page)]).toEqual([address, []]);
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
    await visit.filled();
    const started = await visit.start();
    const page = await visit.open(started);
    await page.clock.install();
    await page.goto(`${started.origin}/`);
    await page.getByText('The schema').first().waitFor();
    const drifted = page.getByRole('link', { name: 'Compare the schema' });
    expect(await drifted.count()).toBe(0);
    await visit.database.engine
      .kysely()
      .schema.alterTable('company_env')
      .addColumn('stray', 'integer')
      .execute();
    const later = async () => {
      await page.clock.fastForward(31_000);
      return drifted.count();
    };
    // What was seen last is good for some seconds of the server's own time.
    await expect.poll(later, { timeout: 60_000 }).toBe(1);
    const reason = page.locator('.finding', { has: drifted }).locator('details');
    await reason.locator('summary').click();
    await reason.locator('input[name=reason]').fill('half wri');
    await visit.database.engine.kysely().schema.alterTable('company_env').dropColumn('stray').execute();
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
    await visit.filled();
    const started = await visit.start();
    const page = await visit.open(started);
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

  test('pages can be read without script, at twice their size, and in print', async () => {
    await visit.filled();
    const started = await visit.start();
    const session = await (await visit.open(started)).context().storageState();
    await visit.context.close();
    visit.context = await visit.browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 640, height: 400 },
      storageState: session,
    });
    const page = await visit.context.newPage();
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
});
