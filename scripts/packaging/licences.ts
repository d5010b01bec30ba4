/** The licences of the libraries that the bundle is made of: a library without one that we know stops the build. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences whose conditions are met by passing on their texts, which packages do. */
const KNOWN = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0'];

export interface Library {
  readonly name: string;
  readonly version: string;
  /** As SPDX calls it. */
  readonly licence: string;
  /** Without the word "Copyright"; never empty. */
  readonly holders: readonly string[];
  /** The library's own file, whole. */
  readonly text: string;
}

/** Which libraries files belong to, each once, in the order of their names. @param files paths, as bundleProgram returns them */
export function librariesOf(files: readonly string[]): string[] {
  const folders = files.flatMap(
    (file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? [],
  );
  return [...new Set(folders)].sort();
}

/** @param folder of the library, in node_modules @throws where nobody has decided that its licence will do */
export function libraryIn(folder: string): Library {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!KNOWN.includes(license)) {
    throw new Error(
      `${name} ${version} has the licence ${JSON.stringify(license)}, which is not among ${KNOWN.join(', ')}. Read it; then add it to scripts/packaging/licences.ts, or use another library.`,
    );
  }
  const text = textIn(folder) ?? standardText(name, license, author);
  const holders = holdersIn(text);
  return {
    name,
    version,
    licence: license,
    holders: holders.length > 0 ? holders : [nameOf(author) ?? `the authors of ${name}`],
    text,
  };
}

function textIn(folder: string): string | undefined {
  const files = readdirSync(folder).filter((file) =>
    /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i.test(file),
  );
  if (files.length === 0) return undefined;
  return files
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r', '').trim())
    .join('\n\n');
}

/** Some say in package.json alone what their licence is. */
function standardText(name: string, licence: string, author: unknown): string {
  const holder = nameOf(author);
  if (licence !== 'MIT' || holder === undefined) {
    throw new Error(
      `${name} has no file with its licence (${licence}): add what it says to scripts/packaging/licences.ts.`,
    );
  }
  return `Copyright (c) ${holder}\n\n${MIT}`;
}

function nameOf(author: unknown): string | undefined {
  const name = typeof author === 'object' && author !== null && 'name' in author ? author.name : author;
  return typeof name === 'string' ? name.replace(/\s*[<(].*$/, '') : undefined;
}

/** Lines that name who holds the copyright; the conditions speak of copyright as well. */
const HOLDER = /^[\s*#]*(?:copyright\s+)(?:\(c\)|©|:)?\s*((?:\d{4}|\(c\)|[A-Z]).*?)\.?$/i;

export function holdersIn(text: string): string[] {
  const lines = text.split('\n').slice(0, 40);
  const holders = lines.flatMap((line) => HOLDER.exec(line.trim())?.[1] ?? []);
  return [...new Set(holders.filter((holder) => !/^(?:notice|license|owner|holder|\[yyyy)/i.test(holder)))];
}

/** The conditions alone, which many libraries share word for word. */
export function conditionsOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => !HOLDER.test(line.trim()))
    .join('\n')
    .trim();
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;
