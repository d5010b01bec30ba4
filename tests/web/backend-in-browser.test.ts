/** A change of the database in a real browser, there and back. */
import { describe, expect, test } from 'vitest';
import { BROWSER, hurdles } from '../harness/browser.ts';
import { visiting } from '../harness/console-visit.ts';

describe.skipIf(BROWSER === undefined)('in a browser', () => {
  const visit = visiting();

  test('the backend is checked, switched with its receipt, and switched back, by everybody', async () => {
    await visit.filled();
    const { words, other } = visit.settings();
    const started = await visit.start(...words);
    const page = await visit.open(started);
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
      .getByText(visit.database.environment.DB_DATABASE ?? '')
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
});
