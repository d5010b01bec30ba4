/** What people read is true of the program: its commands and options exist, all of them are in the reference, links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { COMMANDS } from '../src/cli/catalogue.ts';
import { cli } from './harness/cli.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'ARCHITECTURE.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const text = (document: string) => readFileSync(join(ROOT, document), 'utf8');

/** The part of docs/cli.md below a heading. */
function section(heading: string): string {
  const [, below] = text('docs/cli.md').split(`\n## ${heading}\n`);
  return below?.split('\n## ')[0] ?? '';
}

/** Long names of options, each once. */
function optionsIn(words: string): string[] {
  return [...new Set([...words.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option))];
}

async function optionsOf(name: string): Promise<string[]> {
  const command = new Command(name);
  const loaded = await COMMANDS.get(name)?.load();
  loaded?.options(command);
  return command.options.map(({ long }) => long ?? '');
}

test('the reference has every option that all commands take', async () => {
  const { stdout } = await cli(['--help'], {});
  const [options = ''] = stdout.split('Commands:');
  expect(optionsIn(section('Global options'))).toEqual(expect.arrayContaining(optionsIn(options)));
});

test.each([...COMMANDS.keys()])('the reference has %s with every option of its own', async (name) => {
  expect(text('docs/cli.md')).toContain(`\n## ${name}\n`);
  // What all archive commands take is said once, with the first of them.
  const words = section(name) + (name.startsWith('archive:') ? section('archive:list') : '');
  expect(optionsIn(words)).toEqual(expect.arrayContaining(await optionsOf(name)));
});

test.each(DOCUMENTS)('the command lines of %s name commands and options that exist', async (document) => {
  const everywhere = optionsIn(section('Global options'));
  for (const [line, name = ''] of text(document).matchAll(
    /multiflexi-cli(?:\.js)? ([a-z]+(?::[a-z-]+)?)(?![a-z:-])[^\n`|#>]*/g,
  )) {
    expect([...COMMANDS.keys()], line).toContain(name);
    expect([...everywhere, ...(await optionsOf(name))]).toEqual(expect.arrayContaining(optionsIn(line)));
  }
});

test.each(DOCUMENTS)('the links of %s lead to files and headings', (document) => {
  const broken = [...text(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !link.startsWith('http'))
    .filter((link) => {
      const [path = '', heading] = link.split('#');
      const target = path === '' ? document : normalize(join(dirname(document), path));
      return !existsSync(join(ROOT, target)) || (heading !== undefined && !anchors(target).has(heading));
    });
  expect(broken).toEqual([]);
});

/** As GitHub makes them. */
function anchors(document: string): Set<string> {
  const headings = text(document)
    .replaceAll(/```.*?```/gs, '')
    .matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
