/** What man pages are written in: requests and their texts. Words of tables in docs/ have Markdown's backticks and links. */

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  '~': '\\(ti',
  '^': '\\(ha',
  '`': '\\(ga',
  "'": '\\(aq',
  '"': '\\(dq',
};
/** As wide as the tools that check man pages want the source to be. */
const WIDTH = 78;

export interface About {
  readonly version: string;
  /** Of the release, as 2026-11-27. */
  readonly day: string;
}

/** Plain words, for within a line. */
export function text(plain: string): string {
  return plain
    .replace(/[\\~^`'"-]/g, (character) => SPECIAL[character] ?? character)
    .replace(/[^\n\x20-\x7e]/g, codePoint);
}

function codePoint(character: string): string {
  const hexadecimal = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `\\[u${hexadecimal.padStart(4, '0')}]`;
}

export const bold = (plain: string) => `\\fB${text(plain)}\\fP`;
export const italic = (plain: string) => `\\fI${text(plain)}\\fP`;

/** `code` in bold, links by their words. */
export function markdown(words: string): string {
  return words
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replaceAll('\\|', '|')
    .split('`')
    .map((part, index) => (index % 2 === 0 ? text(part) : bold(part)))
    .join('');
}

/** Running text, a sentence beginning on a line of its own; none of the lines is a request by chance. */
export function paragraph(roff: string): string {
  const lines: string[] = [];
  for (const word of roff.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length < WIDTH && !/[.?]$/.test(line)) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines.map((line) => line.replace(/^\./, '\\&.')).join('\n');
}

export const section = (title: string) => `.SH ${title.toUpperCase()}`;
export const subsection = (title: string) => `.SS "${text(title)}"`;

/** A term with what it means below it, both in roff. */
export const item = (term: string, meaning: string) => `.TP\n${term}\n${paragraph(meaning)}`;

/** Lines as they are. */
export const verbatim = (lines: string) => `.nf\n.RS 4\n${text(lines)}\n.RE\n.fi`;

/** A command line that works, and what it does. */
export const example = (line: string, what: string) =>
  `.PP\n${verbatim(line)}\n.RS 8\n${paragraph(text(what))}\n.RE`;

export function page(
  name: string,
  chapter: number,
  summary: string,
  about: About,
  body: readonly string[],
): string {
  return [
    '.\\" Made by scripts/packaging/man-pages.ts, from what --help shows.',
    `.TH "${text(name.toUpperCase())}" ${chapter} ${about.day} "MultiFlexi ${about.version}"`,
    section('Name'),
    `${text(name)} \\- ${text(summary)}`,
    ...body,
    '',
  ].join('\n');
}
