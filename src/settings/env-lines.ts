/**
 * What Node's parser of env files passes over in silence: a line without `=` takes the next one along, a quotation mark
 * that is not closed drops its setting or swallows others, and an unquoted `#` ends a value.
 */

/** Never repeats a value. @returns sentences, each beginning with the name of a setting */
export function faultsOfLines(text: string): string[] {
  return settingLines(text).flatMap(({ name, rest, number }) => {
    if (!rest.startsWith('=')) return [`${name} has no = behind its name (line ${number})`];
    const value = quotedPart(rest);
    if (value.quote !== undefined) {
      if (value.end === undefined)
        return [`${name} begins with a quotation mark that is not closed (line ${number})`];
      if (value.behind !== '' && !value.behind.startsWith('#'))
        return [
          `${name} has text behind its closing quotation mark, which would be ignored (line ${number}): use another kind of quotation mark around it`,
        ];
      return [];
    }
    // Behind a space it may be a comment; in the middle of a word it hardly is.
    return name !== 'DB_PASSWORD' && /[^\s#=]#/.test(rest.replace(/\s#.*$/, ''))
      ? [`${name} has a # in it, which ends it (line ${number}): put the value into quotation marks`]
      : [];
  });
}

/** Why the password that the file says may not be the one that was meant; undefined where nothing tells. */
export function passwordLineHint(text: string): string | undefined {
  const line = settingLines(text).findLast(({ name }) => name === 'DB_PASSWORD');
  if (line?.rest.startsWith('=') && quotedPart(line.rest).quote === undefined && line.rest.includes('#'))
    return `The password in the file ends before its first #, as it is not in quotation marks (line ${line.number}): write DB_PASSWORD='…'.`;
  return undefined;
}

/** Why a password may not be the one that was meant, by itself. */
export function passwordHint(password: string): string | undefined {
  if (/[\r\n]$/.test(password)) return 'DB_PASSWORD ends with a line break.';
  if (/[\r\n]/.test(password)) return 'DB_PASSWORD has a line break in it.';
  if (/^\s|\s$/.test(password)) return 'DB_PASSWORD begins or ends with white space.';
  if (/^["'`]|["'`]$/.test(password))
    return 'DB_PASSWORD begins or ends with a quotation mark, which is taken as part of it.';
  return undefined;
}

interface SettingLine {
  readonly name: string;
  /** From behind the name on, without white space around it. */
  readonly rest: string;
  readonly number: number;
}

function settingLines(text: string): SettingLine[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [, name, rest = ''] =
      /^\s*(?:export\s+)?((?:DB|ARCHIVE)_[A-Z_]+)(?![A-Za-z0-9_.-])\s*(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, rest: rest.trim(), number: index + 1 }];
  });
}

/** @param rest `=` and what follows */
function quotedPart(rest: string): { quote?: string; end?: number; behind: string } {
  const value = rest.slice(1).trimStart();
  const [quote] = /^["'`]/.exec(value) ?? [];
  if (quote === undefined) return { behind: '' };
  const end = value.indexOf(quote, 1);
  return end < 0 ? { quote, behind: '' } : { quote, end, behind: value.slice(end + 1).trim() };
}
