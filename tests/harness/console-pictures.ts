/** Pictures of the console for the documentation, with data that has something to show. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { PAGES } from '../../src/web/index.ts';

/** Where pictures of the pages are written; nowhere unless it is asked for. */
export const PICTURES = process.env.MULTIFLEXI_PICTURES;

/** Paths of this run are shown as those of an installation. */
const PLACES_OF_THE_TEST = `(() => {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    walker.currentNode.data = walker.currentNode.data.replace(/\\/\\S*(?:multiflexi-(?:home|test|copy)-?|template)[^\\s/]*/g, '/var/lib/multiflexi');
})()`;

export async function pictured(page: Page, address: string, light: string): Promise<void> {
  if (PICTURES === undefined || !(PAGES.has(address) || address.startsWith('/purge'))) return;
  mkdirSync(PICTURES, { recursive: true });
  const name = address === '/' ? 'health' : address.slice(1).replace(/\?.*/, '-plan');
  await page.evaluate(PLACES_OF_THE_TEST);
  await page.screenshot({ path: join(PICTURES, `${name}-${light}.png`) });
}
