/** One entry of apt's sources, whichever of the two formats it was written in. */
export interface AptSource {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Every other field in deb822's spelling, such as Signed-By; kept as it is, even over several lines. */
  readonly options: Readonly<Record<string, string>>;
}

/** Options of the one-line format whose deb822 name is not just the same word with capitals. */
const deb822Names: Readonly<Record<string, string>> = {
  arch: 'Architectures',
  lang: 'Languages',
  target: 'Targets',
  pdiffs: 'PDiffs',
  inrelease_path: 'InRelease-Path',
  'inrelease-path': 'InRelease-Path',
};

/** Reads the one-line format (`sources.list`, `*.list`): `deb [option=value …] uri suite component …`. */
export function parseOneLine(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const entry = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?([^#]*)/.exec(line);
    if (entry === null) continue;
    const [, type = '', options = '', rest = ''] = entry;
    const [uri, suite, ...components] = words(rest);
    if (uri === undefined || suite === undefined) continue;
    sources.push({ types: [type], uris: [uri], suites: [suite], components, options: readOptions(options) });
  }
  return sources;
}

function readOptions(text: string): Record<string, string> {
  const options: Record<string, string> = {};
  for (const [, name = '', sign = '', value = ''] of text.matchAll(/([\w-]+)\s*([+-]?)=\s*(\S+)/g)) {
    // arch+=i386 is Architectures-Add: i386 in the other format.
    const suffix = sign === '+' ? '-Add' : sign === '-' ? '-Remove' : '';
    options[deb822Name(name) + suffix] = value.replaceAll(',', ' ');
  }
  return options;
}

function deb822Name(name: string): string {
  const capitals = name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
  return deb822Names[name.toLowerCase()] ?? capitals;
}

/** Reads the deb822 format (`*.sources`): stanzas of `Field: value`, values going on in indented lines. */
export function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  for (const stanza of lines.join('\n').split(/\n(?:[ \t]*\n)+/)) {
    const fields = readFields(stanza);
    const take = (name: string): string => {
      const key = Object.keys(fields).find((field) => field.toLowerCase() === name);
      const value = key === undefined ? '' : (fields[key] ?? '');
      if (key !== undefined) delete fields[key];
      return value;
    };
    const enabled = take('enabled').toLowerCase();
    const source = {
      types: words(take('types')),
      uris: words(take('uris')),
      suites: words(take('suites')),
      components: words(take('components')),
      options: fields,
    };
    const isOff = ['no', 'false', 'off', 'without', 'disable', '0'].includes(enabled);
    if (!isOff && source.uris.length > 0 && source.suites.length > 0) sources.push(source);
  }
  return sources;
}

function readFields(stanza: string): Record<string, string> {
  const fields: Record<string, string> = {};
  let current: string | undefined;
  for (const line of stanza.split('\n')) {
    const field = /^([^\s:]+):[ \t]*(.*)$/.exec(line);
    if (field !== null) {
      current = field[1] ?? '';
      fields[current] = field[2] ?? '';
    } else if (current !== undefined && /^[ \t]/.test(line)) {
      fields[current] += `\n${line}`;
    }
  }
  return fields;
}

/** Writes entries in the deb822 format, which can say all that the other can. */
export function writeDeb822(sources: readonly AptSource[]): string {
  const stanzas = sources.map(({ types, uris, suites, components, options }) => {
    const fields: Record<string, string> = {
      Types: types.join(' '),
      URIs: uris.join(' '),
      Suites: suites.join(' '),
      ...(components.length > 0 && { Components: components.join(' ') }),
      ...options,
    };
    const lines = Object.entries(fields).map(
      ([name, value]) => `${name}:${/^\s/.test(value) ? '' : ' '}${value}`,
    );
    return `${lines.join('\n')}\n`;
  });
  return stanzas.join('\n');
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
