/** What the text of a CREATE TABLE says that no pragma tells: the CHECKs of its columns. */

/** Comments and white space, names in all their quotes, strings, words and numbers, and signs one by one. */
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\s+|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|'(?:[^']|'')*'|[\p{L}\p{N}_$]+|[\s\S]/gu;

/** What a table constraint begins with; the last parts of the text, no columns. */
const CONSTRAINT = new Set(['constraint', 'primary', 'unique', 'check', 'foreign']);

/** Each column's CHECK in the form of {@link comparable}; several are joined by `and`. */
export function columnChecks(createTable: string): ReadonlyMap<string, string> {
  const tokens = tokensOf(createTable);
  const body = inParentheses(tokens, tokens.indexOf('('));
  const checks = new Map<string, string>();
  for (const part of split(body)) {
    const [name] = part;
    if (name === undefined || CONSTRAINT.has(name)) continue;
    const own = part.flatMap((token, place) =>
      token === 'check' && place > 0 && part[place + 1] === '('
        ? [write(inParentheses(part, place + 1))]
        : [],
    );
    if (own.length > 0) checks.set(unquoted(name), own.join(' and '));
  }
  return checks;
}

/** An expression as it is compared: without comments, quotes of names, and differences of case and white space. */
export function comparable(expression: string): string {
  return write(tokensOf(expression));
}

function tokensOf(text: string): string[] {
  return (text.match(TOKEN) ?? [])
    .filter((token) => !/^(?:\s|--|\/\*)/.test(token))
    .map((token) => (/^[\p{L}_$]/u.test(token) ? token.toLowerCase() : token));
}

/** What lies between the parenthesis at this place and the one that closes it. */
function inParentheses(tokens: readonly string[], open: number): string[] {
  let depth = 0;
  for (let place = open; place >= 0 && place < tokens.length; place++) {
    if (tokens[place] === '(') depth++;
    if (tokens[place] === ')') depth--;
    if (depth === 0) return tokens.slice(open + 1, place);
  }
  return [];
}

function split(tokens: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (token === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function write(tokens: readonly string[]): string {
  let text = '';
  let before = '(';
  for (const token of tokens) {
    const close = before === '(' || token === ')' || token === ',' || token === '(';
    text += (close ? '' : ' ') + (/^["`[]/.test(token) ? unquoted(token).toLowerCase() : token);
    before = token;
  }
  return text;
}

function unquoted(name: string): string {
  const quote = name[0] ?? '';
  if (quote === '[') return name.slice(1, -1);
  return quote === '"' || quote === '`' ? name.slice(1, -1).replaceAll(quote + quote, quote) : name;
}
