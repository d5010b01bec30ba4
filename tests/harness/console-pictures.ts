/** Pictures of the console for the documentation, with data that has something to show. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type Engine, utc } from '../../src/engines/index.ts';
import { PAGES } from '../../src/web/index.ts';

/** Where pictures of the pages are written; nowhere unless it is asked for. */
export const PICTURES = process.env.MULTIFLEXI_PICTURES;

/** As the housekeeper would have taken them, for the picture of Growth. */
export async function makeYearOfSamples(engine: Engine): Promise<void> {
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

export async function pictured(page: Page, address: string, light: string): Promise<void> {
  if (PICTURES === undefined || !(PAGES.has(address) || address.startsWith('/purge'))) return;
  mkdirSync(PICTURES, { recursive: true });
  const name = address === '/' ? 'health' : address.slice(1).replace(/\?.*/, '-plan');
  await page.evaluate(PLACES_OF_THE_TEST);
  await page.screenshot({ path: join(PICTURES, `${name}-${light}.png`) });
}
