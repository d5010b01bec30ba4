/** A whole purge in a real browser, the server killed in the middle of it, and an archive that is looked into. */
import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { BROWSER, hurdles } from '../harness/browser.ts';
import { finished, startCli } from '../harness/cli.ts';
import { JOBS, visiting } from '../harness/console-visit.ts';
import { unheard } from '../harness/heard.ts';
import { whileLocked } from '../harness/locked-file.ts';

const PROGRESS = { activity: 'Deleting', done: 389, expected: 1_000, unit: 'rows' };

/** Plans to keep a hundred jobs, and confirms it. @param rows the number to be typed; the one that stands there unless specified */
async function confirm(page: Page, origin: string, rows?: string): Promise<void> {
  await page.goto(`${origin}/purge?jobs=true&keep=100`);
  const input = page.locator('input[name=rows]');
  await input.fill(rows ?? (await input.getAttribute('data-expected')) ?? '');
  for (const tick of await page.locator('[data-confirmation]').all()) await tick.check();
}

describe.skipIf(BROWSER === undefined)('in a browser', () => {
  const visit = visiting();

  test('a purge is planned, confirmed by its number, followed by two, and ends with its result', async () => {
    await visit.filled();
    const started = await visit.start();
    const page = await visit.open(started);
    await page.goto(`${started.origin}/purge?jobs=true&keep=100`);
    await page.locator('input[name=rows]').fill('899');
    for (const tick of await page.locator('[data-confirmation]').all()) await tick.check();
    await page.locator('form[data-command=prune] button[type=submit]').click();
    // It is not the number that stands there: nothing was sent.
    expect([page.url().includes('/purge'), await visit.jobs()]).toEqual([true, JOBS]);
    await page.locator('input[name=rows]').fill('900');
    const second = await visit.context.newPage();
    const writing = await visit.context.newPage();
    await whileLocked(visit.database, async () => {
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
    expect([await visit.jobs(), await hurdles(page)]).toEqual([100, []]);
    await second.locator('.run-strip').waitFor({ state: 'detached' });
    await writing.locator('.run-strip').getByText('has ended').waitFor();
    expect(await writing.locator('input[name=older_than]').inputValue()).toBe('2y');
  });

  test('of a run that says much, the newest is shown, and what stands there is not said again', async () => {
    await visit.filled();
    const started = await visit.start();
    const page = await visit.open(started);
    await confirm(page, started.origin, '900');
    const said = (from: number) =>
      Array.from({ length: 100 }, (_, n) => ({ at: new Date(from + n).toISOString(), text: `n${from + n}` }));
    const event = (from: number) =>
      `event: run\ndata: ${JSON.stringify({ state: 'running', progress: PROGRESS, notices: said(from) })}\n\n`;
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
    await whileLocked(visit.database, async () => {
      await page.locator('form[data-command=prune] button[type=submit]').click();
      await page.getByText('n99', { exact: false }).waitFor();
      // Who hears the page is told every tenth of it.
      expect(await page.getByRole('status').allTextContents()).toEqual(['Deleting: 30 %']);
      expect(await unheard(page)).toEqual([]);
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

  test('a server that is killed among its chunks has deleted whole jobs, and the rest is found and deleted', async () => {
    await visit.filled(20_000);
    const started = await visit.start();
    const page = await visit.open(started);
    const confirmed = async (origin: string) => {
      await confirm(page, origin);
      await page.locator('form[data-command=prune] button[type=submit]').click();
    };
    await confirmed(started.origin);
    await expect.poll(visit.jobs, { timeout: 60_000, interval: 5 }).toBeLessThan(20_000);
    started.process.kill('SIGKILL');
    await page.getByText('The console does not answer.').waitFor();
    expect(await visit.jobs()).toBeGreaterThan(100);
    const strays = async (table: string) => {
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from ${sql.table(table)} where job_id is not null and job_id not in (select id from job)`.execute(
        visit.database.engine.kysely<unknown>(),
      );
      return Number(rows[0]?.n);
    };
    expect([await strays('artifacts'), await strays('logger')]).toEqual([0, 0]);
    const again = await visit.start('--port', new URL(started.origin).port);
    await page.getByText('Open the address').waitFor();
    await page.goto(again.url);
    await page.waitForSelector('nav');
    await confirmed(again.origin);
    await page.locator('.run .mark.ok').waitFor();
    expect([await visit.jobs(), await strays('artifacts'), await strays('logger')]).toEqual([100, 0, 0]);
    await page.goto(`${again.origin}/housekeeper?duty=prune`);
    const history = page.getByRole('table', { name: 'Newest first' });
    await history.getByText('interrupted').waitFor();
    await history.getByText('done').first().waitFor();
  });

  test('a server that is killed in the middle leaves a page that says so, and a purge that can be finished', async () => {
    await visit.filled();
    const started = await visit.start();
    const page = await visit.open(started);
    await confirm(page, started.origin, '900');
    await whileLocked(visit.database, async () => {
      await page.locator('form[data-command=prune] button[type=submit]').click();
      await page.getByRole('button', { name: 'Stop it' }).waitFor();
      started.process.kill('SIGKILL');
      await page.getByText('The console does not answer.').waitFor();
    });
    expect(await visit.jobs()).toBe(JOBS);
    const again = await visit.start('--port', new URL(started.origin).port);
    // It has found the console again, which knows nothing of its session.
    await page.getByText('Open the address').waitFor();
    await page.goto(again.url);
    await page.waitForSelector('nav');
    await confirm(page, again.origin, '900');
    await page.locator('form[data-command=prune] button[type=submit]').click();
    await page.locator('.run .mark.ok').waitFor();
    expect(await visit.jobs()).toBe(100);
  });

  test('an archive is looked at and its restore planned by everybody', async () => {
    await visit.filled();
    await finished(startCli(['prune', '--jobs', '--keep', '390', '--archive', '--yes'], visit.environment()));
    const page = await visit.open(await visit.start());
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
    expect(await visit.jobs()).toBe(391);
  });
});
