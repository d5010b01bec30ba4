/** Man pages say what `--help` and the documents say, of everything there is, and the tools that read them have no complaint. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { manPages } from '../../scripts/packaging/man-pages.ts';
import { paragraph, text } from '../../scripts/packaging/roff.ts';
import { COMMANDS } from '../../src/cli/catalogue.ts';
import { SETTING_NAMES } from '../../src/settings/database.ts';
import { ARCHIVE_SETTING_NAMES } from '../../src/settings/names.ts';
import { testWith } from './with-tools.ts';

const PAGES = await manPages({ version: '1.2.3', day: '2026-11-27' });
const GROFF = { groff: 'groff-base', preconv: 'groff-base' };

const source = (name: string) => PAGES.get(name) ?? '';

/** As a reader has it on a terminal, without emphasis; blanks and lines as one. */
function shown(name: string): string {
  // No hyphens at the ends of lines, and lines as long as it takes.
  const words = ['-man', '-Tutf8', '-rHY=0', '-rLL=2000n', '-P-cbou', '-ww'];
  const { stdout, stderr } = spawnSync('groff', words, { input: source(name), encoding: 'utf8' });
  expect(stderr, name).toBe('');
  return stdout.replace(/\s+/g, ' ');
}

async function optionsOf(name: string): Promise<string[]> {
  const command = new Command(name);
  (await COMMANDS.get(name)?.load())?.options(command);
  return command.options.map(({ flags }) => flags);
}

testWith(GROFF, 'every command has a page with all its options, examples and its description', async () => {
  const whole = shown('multiflexi-cli.1');
  for (const [name, { summary, load }] of COMMANDS) {
    const page = shown(`multiflexi-cli-${name.replaceAll(':', '-')}.1`);
    const { description, examples } = await load();
    expect(page).toContain(summary);
    for (const part of [description.replace(/\s+/g, ' '), ...(await optionsOf(name)), ...examples.flat()]) {
      expect(page, name).toContain(part);
      expect(whole, name).toContain(part);
    }
  }
});

testWith(GROFF, 'the page of the housekeeper calls it by its own name', () => {
  const page = shown('multiflexi-housekeeper.8');
  expect(page).toContain('multiflexi-housekeeper --time-budget 10m');
  expect(page).toContain('MULTIFLEXI_HOUSEKEEPER_WINDOW');
});

testWith(GROFF, 'the page of multiflexi.env has every setting that the program reads', () => {
  const page = shown('multiflexi.env.5');
  for (const name of settingNames()) expect(page).toContain(name);
});

/** By the schemas, and by the words of those files that read a setting by itself. */
function settingNames(): string[] {
  const files = ['export.ts', 'housekeeper.ts'].map((name) =>
    readFileSync(new URL(`../../src/settings/${name}`, import.meta.url), 'utf8'),
  );
  const named = files.flatMap((file) =>
    [...file.matchAll(/\b(?:MULTIFLEXI|EXPORT)_[A-Z_]*[A-Z]\b/g)].map(String),
  );
  return [...SETTING_NAMES, ...ARCHIVE_SETTING_NAMES, ...named];
}

testWith({ mandoc: 'mandoc' }, 'mandoc has no warning', () => {
  for (const [name, page] of PAGES) {
    const { stdout, stderr } = spawnSync('mandoc', ['-Tlint', '-Wwarning'], {
      input: page,
      encoding: 'utf8',
    });
    expect(stdout + stderr, name).toBe('');
  }
});

test('no word of a text becomes a request or an escape', () => {
  expect(text('C:\\new --all ~ ^ \' " …')).toBe('C:\\enew \\-\\-all \\(ti \\(ha \\(aq \\(dq \\[u2026]');
  expect(paragraph('It ends here. .SH is no heading')).toBe('It ends here.\n\\&.SH is no heading');
});
