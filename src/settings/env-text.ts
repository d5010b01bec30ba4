/** The text of a settings file with other `DB_*` settings in it; everything else stays as it is. */
import { parseEnv } from 'node:util';
import { type RawSettings, SETTING_NAMES } from './database.ts';
import { cannotReplaceSettings, notQuotable } from './failures.ts';

const NAMES: ReadonlySet<string> = new Set(SETTING_NAMES);

/**
 * Comments, other settings and their order are kept; a comment behind a value gets a line of its own, as systemd would
 * take it for a part of the value.
 * @param file what it is called in an error
 * @throws SETTINGS_INVALID where the new text would not be read as what was meant
 */
export function withSettings(text: string, settings: RawSettings, file: string): string {
  const wanted = new Map(
    SETTING_NAMES.flatMap((name) => {
      const value = settings[name];
      return value === undefined || value.trim() === ''
        ? []
        : [[name as string, `${name}=${quoted(name, value)}`]];
    }),
  );
  const lines = (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map(lineOf);
  const end = lines.find((line) => line.end !== '')?.end ?? '\n';
  const written: string[] = [];
  let place: number | undefined;
  let prefix = '';
  for (const line of lines) {
    const { name } = line;
    // One that nobody filled in says nothing.
    if (name === undefined || !NAMES.has(name) || (line.isBlank && !wanted.has(name))) {
      written.push(line.whole);
      continue;
    }
    ({ prefix } = line);
    if (line.comment !== undefined) written.push(`${line.comment}${line.end || end}`);
    const setting = wanted.get(name);
    wanted.delete(name);
    if (setting !== undefined) written.push(`${prefix}${setting}${line.end}`);
    place = written.length;
  }
  const added = [...wanted.values()].map((setting) => `${prefix}${setting}${end}`);
  const at = place ?? written.length;
  const before = written.slice(0, at).join('');
  const gap = added.length > 0 && before !== '' && !before.endsWith('\n') ? end : '';
  const replaced = [before, gap, ...added, ...written.slice(at)].join('');
  requireAsMeant(text, replaced, settings, file);
  return replaced;
}

interface Line {
  readonly whole: string;
  /** White space and `export`. */
  readonly prefix: string;
  readonly name?: string;
  readonly isBlank?: boolean;
  readonly comment?: string | undefined;
  readonly end: string;
}

function lineOf(whole: string): Line {
  const [, body = '', end = ''] = /^(.*?)(\r?\n)?$/s.exec(whole) ?? [];
  const [, prefix = '', name, value = ''] =
    /^(\uFEFF?\s*(?:export\s+)?)(DB_[A-Z_]+)\s*=\s*(.*)$/.exec(body) ?? [];
  if (name === undefined) return { whole, prefix: '', end };
  const comment = name === 'DB_PASSWORD' ? undefined : commentBehind(value);
  return { whole, prefix, name, isBlank: value.replace(/#.*$/, '').trim() === '', comment, end };
}

/** Never a part of a value: that might be a secret. */
function commentBehind(value: string): string | undefined {
  const [quote] = /^["'`]/.exec(value) ?? [];
  const end = quote === undefined ? 0 : value.indexOf(quote, 1) + 1;
  return /(?:^|\s)(#.*)$/.exec(value.slice(end))?.[1];
}

/** What needs no quotation marks anywhere. */
const PLAIN = /^[A-Za-z0-9_./:@%+,=-]+$/;

/**
 * As Node, a POSIX shell and systemd's EnvironmentFile read the same: between apostrophes everything is literal; between
 * quotation marks shells and systemd expand what begins with these characters, and Node does not.
 */
function quoted(name: string, value: string): string {
  if (PLAIN.test(value)) return value;
  if (/\p{Cc}/u.test(value)) throw notQuotable(name);
  if (!value.includes("'")) return `'${value}'`;
  if (/["$\\`]/.test(value)) throw notQuotable(name);
  return `"${value}"`;
}

function requireAsMeant(before: string, after: string, settings: RawSettings, file: string): void {
  const is = readable(after);
  const others = (raw: RawSettings) =>
    JSON.stringify(Object.entries(raw).filter(([name]) => !NAMES.has(name)));
  if (others(readable(before)) !== others(is))
    throw cannotReplaceSettings(file, 'a line with a DB_* setting is part of the value of another setting');
  const meant = (raw: RawSettings, name: string) => (raw[name]?.trim() ? raw[name] : '');
  const wrong = SETTING_NAMES.find((name) => meant(is, name) !== meant(settings, name));
  if (wrong !== undefined) throw cannotReplaceSettings(file, `${wrong} would be read as another value`);
}

function readable(text: string): RawSettings {
  return parseEnv(text.replace(/^\uFEFF/, ''));
}
