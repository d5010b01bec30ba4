/** Tables of the administrator's pages, which man pages repeat. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from './places.ts';

/** The rows below a heading, each with its cells in Markdown; without the heads of columns. */
export function tablesBelow(document: string, heading: string): string[][] {
  const [, below] = readFileSync(join(CHECKOUT, document), 'utf8').split(`\n## ${heading}\n`);
  const [section = ''] = below?.split('\n## ') ?? [];
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.filter((_, index) => !isRule(lines[index]) && !isRule(lines[index + 1]));
  if (rows.length === 0) throw new Error(`${document} has no table below "${heading}".`);
  return rows.map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

function isRule(line: string | undefined): boolean {
  return line !== undefined && /^\|(?:-+\|)+$/.test(line);
}
