/** Who holds the copyright of what is in multiflexi-cli, in the form that Debian's tools read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { conditionsOf, type Library } from './licences.ts';
import { CHECKOUT } from './places.ts';

const OURS = '2026 The MultiFlexi database authors';

const SQLITE = `The authors of SQLite disclaim copyright to its source code. In place of a legal notice, here is a blessing:

May you do good and not evil.
May you find forgiveness for yourself and forgive others.
May you share freely, never taking more than you give.`;

const APACHE = `Licensed under the Apache License, Version 2.0. On Debian systems, its full text is in
/usr/share/common-licenses/Apache-2.0, elsewhere at https://www.apache.org/licenses/LICENSE-2.0.`;

/** Of packages that hold nothing but our own files. */
export function ownCopyright(): string {
  return [HEAD, filesStanza('*', [OURS], 'MIT'), licenceStanza('MIT', ownConditions())]
    .join('\n\n')
    .concat('\n');
}

/** @param nodeLicence the text that comes with Node, for itself and all that it is linked with */
export function copyrightFile(libraries: readonly Library[], nodeLicence: string): string {
  const texts = new Map([['MIT', ownConditions()]]);
  const stanzas = libraries.map(({ name, licence, holders, text }) =>
    filesStanza(
      `node_modules/${name}/*`,
      holders,
      nameOf(texts, licence, licence === 'Apache-2.0' ? APACHE : conditionsOf(text)),
    ),
  );
  const linked = ['Node.js contributors', 'the holders named in the text of the licence'];
  return [
    HEAD,
    filesStanza('*', [OURS], 'MIT'),
    ...stanzas,
    filesStanza('node_modules/better-sqlite3/deps/sqlite3/*', ['none'], 'public-domain'),
    filesStanza('node', linked, 'Node.js'),
    ...[...texts].map(([name, text]) => licenceStanza(name, text)),
    licenceStanza('public-domain', SQLITE),
    licenceStanza('Node.js', nodeLicence),
  ]
    .join('\n\n')
    .concat('\n');
}

const HEAD = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: multiflexi-database
Comment: Made by scripts/packaging/copyright.ts from what is in the package:
 the program is bundled of these libraries, Node brings its own.`;

/** Those who word a licence alike share a stanza; another wording gets a name of its own. */
function nameOf(texts: Map<string, string>, licence: string, text: string): string {
  for (let variant = 1; ; variant++) {
    const name = variant === 1 ? licence : `${licence}-as-worded-${variant}`;
    const known = texts.get(name);
    if (known === undefined) texts.set(name, text);
    if (known === undefined || words(known) === words(text)) return name;
  }
}

/** Without heads, emphasis and ways to break lines. */
function words(text: string): string {
  return text
    .replace(/^.*licen[cs]e\b.*\n/i, (line) => (line.length < 40 ? '' : line))
    .replace(/[^A-Za-z]+/g, ' ')
    .trim()
    .toLowerCase();
}

function ownConditions(): string {
  return conditionsOf(readFileSync(join(CHECKOUT, 'LICENSE'), 'utf8')).replace(/^MIT License\s*/, '');
}

const filesStanza = (files: string, holders: readonly string[], licence: string) =>
  `Files: ${files}\nCopyright: ${holders.join('\n ')}\nLicense: ${licence}`;

/** A blank line is a dot. */
const licenceStanza = (name: string, text: string) =>
  `License: ${name}\n${text
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n')}`;

/** All licences with their full texts, for covers that are not Debian's. */
export function licencesText(libraries: readonly Library[]): string {
  const parts = libraries.map(
    ({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}\n`,
  );
  return [
    'The program is bundled of the libraries below. better-sqlite3 holds SQLite, which is in the public domain.\n',
    ...parts,
  ].join(`\n${'-'.repeat(78)}\n`);
}
