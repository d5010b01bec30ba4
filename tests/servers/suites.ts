import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AptSource, parseDeb822, parseOneLine } from './apt-sources.ts';
import { run } from './command.ts';
import type { ServerEngine } from './contract.ts';

/** A suite of the distribution's archive and the sources entries that lead to it. */
export interface Suite {
  readonly name: string;
  readonly sources: readonly AptSource[];
}

/** Suites that may have an engine which the machine's own suite lacks: MySQL is in Debian's `sid` alone. */
const elsewhere: Readonly<Record<ServerEngine, string>> = {
  mysql: 'sid',
  mariadb: 'bookworm',
  postgresql: 'bookworm',
};

/** Names that sources may use in place of the release's code name. */
const aliases = ['stable', 'testing', 'unstable', 'sid', 'oldstable'];

/**
 * The suites to look for an engine in, the machine's own first.
 *
 * @throws when the machine has no sources entry of its distribution.
 */
export async function suitesFor(engine: ServerEngine): Promise<Suite[]> {
  return chooseSuites(await machineSources(), await codename(), elsewhere[engine]);
}

/** A suite of the archive that the machine's own suite is from. @throws as {@link suitesFor} */
export async function suiteNamed(name: string): Promise<Suite> {
  const suites = chooseSuites(await machineSources(), await codename(), name);
  return suites[suites.length - 1] as Suite;
}

/** {@link suitesFor} without the machine: its sources, its code name, and the suite to fall back to. */
export function chooseSuites(
  sources: readonly AptSource[],
  release: string | undefined,
  fallback: string,
): Suite[] {
  const binaries = sources.filter(
    ({ types, components }) => types.includes('deb') && components.includes('main'),
  );
  for (const name of [release, ...aliases]) {
    if (name === undefined) continue;
    const own = narrowed(binaries, name);
    const main = own.find(({ suites }) => suites.includes(name));
    if (main === undefined) continue;
    const other = { ...main, suites: [fallback], components: ['main'] };
    const suite = { name, sources: own };
    return name === fallback ? [suite] : [suite, { name: fallback, sources: [other] }];
  }
  throw new Error(`apt's sources name no suite ${release ?? aliases.join(', ')} with the component main`);
}

/** The entries of the suite and of its updates, and of nothing else such as other publishers' packages. */
function narrowed(sources: readonly AptSource[], name: string): AptSource[] {
  const wanted = [name, `${name}-updates`, `${name}-security`, `${name}/updates`];
  return sources
    .map((source) => ({
      ...source,
      types: ['deb'],
      suites: source.suites.filter((suite) => wanted.includes(suite)),
      // Only the lists of packages: no translations, icons or lists of files.
      options: { ...source.options, Targets: 'Packages' },
    }))
    .filter(({ suites }) => suites.length > 0);
}

/** All entries of the machine, from where its own apt reads them. */
async function machineSources(): Promise<AptSource[]> {
  const variables = ['list', 'Dir::Etc::sourcelist/f', 'parts', 'Dir::Etc::sourceparts/d'];
  const answer = await run(['apt-config', 'shell', ...variables]);
  const pathOf = (name: string): string => new RegExp(`^${name}='(.*)'$`, 'm').exec(answer)?.[1] ?? '';
  const parts = pathOf('parts');
  const names = (await readdir(parts).catch(() => [])).sort();
  const files = [pathOf('list'), ...names.map((name) => join(parts, name))];
  const sources: AptSource[] = [];
  for (const file of files) {
    if (!/\.(list|sources)$/.test(file)) continue;
    const text = await readFile(file, 'utf8').catch(() => '');
    sources.push(...(file.endsWith('.sources') ? parseDeb822(text) : parseOneLine(text)));
  }
  return sources;
}

async function codename(): Promise<string | undefined> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^VERSION_CODENAME="?([\w-]+)"?$/m.exec(text)?.[1];
}
