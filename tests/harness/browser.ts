/** A real browser: Debian's chromium, or another one that stands on the machine. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** Undefined where there is none: on CI that fails the run, elsewhere the tests are skipped and say so. */
export const BROWSER = process.env.MULTIFLEXI_TEST_BROWSER ?? PLACES.find((place) => existsSync(place));

if (BROWSER === undefined) {
  const words =
    'No browser: nothing of the console was tried in one. Install it with: apt-get install chromium';
  if (process.env.CI) throw new Error(words);
  process.stderr.write(`\n*** ${words} ***\n\n`);
}

export function startBrowser(): Promise<Browser> {
  if (BROWSER === undefined) throw new Error('there is no browser');
  // Its own sandbox does not work for root, or in most containers.
  return chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What keeps somebody from using the page, as `rule: element`; none is right. @param rules all of them unless specified */
export async function hurdles(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(AXE);
  const found = (await page.evaluate(`axe.run(${rules ? JSON.stringify({ runOnly: rules }) : ''})`)) as {
    readonly violations: readonly {
      readonly id: string;
      readonly nodes: readonly { readonly html: string }[];
    }[];
  };
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
