/** A page as somebody has it who hears it: what a screen reader has to go by, and what of it is missing. */
import type { Page } from 'playwright-core';

interface Structure {
  /** Levels, in their order. */
  readonly headings: readonly number[];
  readonly tables: readonly {
    readonly caption: string;
    readonly heads: readonly string[];
    readonly rowsWithoutHead: number;
  }[];
  /** Curves, each with the rows of its table. */
  readonly curves: readonly { readonly name: string; readonly rows: number }[];
  /** Of each form: the labels of its fields, and what is said of them besides. */
  readonly forms: readonly (readonly { readonly label: string; readonly hint: string }[])[];
}

const STRUCTURE = `({
  headings: [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(({ tagName }) => Number(tagName[1])),
  tables: [...document.querySelectorAll('table')].map((table) => ({
    caption: table.caption?.textContent.trim() ?? '',
    heads: [...table.tHead.rows[0].cells].map((cell) => cell.matches('th[scope=col]') ? cell.textContent.trim() : ''),
    rowsWithoutHead: [...table.tBodies[0].rows].filter((row) => !row.querySelector('th[scope=row]')).length,
  })),
  curves: [...document.querySelectorAll('.curve')].map((curve) => ({
    name: curve.getAttribute('aria-label') ?? '',
    rows: curve.querySelectorAll('tbody tr').length,
  })),
  forms: [...document.forms].map((form) => [...form.elements]
    .filter((field) => field.matches('select, input:not([type=hidden], [type=checkbox])'))
    .map((field) => ({
      label: [...field.labels].map((label) => label.querySelector('span')?.textContent.trim() ?? label.textContent.trim()).join(' '),
      hint: document.getElementById(field.getAttribute('aria-describedby') ?? '-')?.textContent.trim() ?? '',
    }))),
})`;

/** One that is there is told by its place in the page, as `heading 3 after 1`; none is right. */
export async function unheard(page: Page): Promise<string[]> {
  await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
  const tree = await page.locator('html').ariaSnapshot();
  const { headings, tables, curves, forms } = (await page.evaluate(STRUCTURE)) as Structure;
  return [
    ...landmarks(tree),
    ...levels(headings),
    ...twice(tree),
    ...tables
      .filter(({ caption, heads, rowsWithoutHead }) => !caption || heads.includes('') || rowsWithoutHead > 0)
      .map((table) => `table ${JSON.stringify(table)}`),
    ...curves.filter(({ name, rows }) => !name || rows < 2).map((curve) => `curve ${JSON.stringify(curve)}`),
    ...forms.flatMap((fields) => {
      const labels = fields.map(({ label }) => label);
      const known = labels.filter((label, at) => label === '' || labels.indexOf(label) !== at);
      // The name of a field is its label alone: what there is to say besides is its description.
      const long = fields.filter(({ label }) => !tree.includes(`"${label}"`));
      return [...known, ...long.map(({ label }) => label)].map((label) => `field ${label}`);
    }),
  ];
}

function landmarks(tree: string): string[] {
  return ['banner', 'main', 'contentinfo', 'navigation "Pages"'].filter(
    (landmark) => tree.split('\n').filter((line) => line.trim().startsWith(`- ${landmark}`)).length !== 1,
  );
}

function levels(headings: readonly number[]): string[] {
  const ones = headings.filter((level) => level === 1).length;
  return [
    ...(ones === 1 ? [] : [`${ones} headings of level 1`]),
    ...headings.flatMap((level, at) => {
      const before = headings[at - 1] ?? 0;
      return level > before + 1 ? [`heading ${level} after ${before}`] : [];
    }),
  ];
}

/** Buttons of one name, and links of one name that lead to several places: out of their rows they are the same. */
function twice(tree: string): string[] {
  const lines = tree.split('\n').map((line) => line.trim());
  const seen = new Map<string, Set<string>>();
  for (const [at, line] of lines.entries()) {
    const [, role, name = ''] = /^- (button|link) "(.*?)"/.exec(line) ?? [];
    if (role === undefined) continue;
    const leads = role === 'link' ? (lines[at + 1] ?? '') : String(at);
    seen.set(`${role} ${name}`, (seen.get(`${role} ${name}`) ?? new Set()).add(leads));
  }
  return [...seen].filter(([, leads]) => leads.size > 1).map(([name]) => name);
}
