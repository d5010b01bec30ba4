/** Completion offers every command and every option in each shell, as the shells themselves tell. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bashCompletion } from '../../scripts/packaging/completion/bash.ts';
import { fishCompletion, fishHousekeeperCompletion } from '../../scripts/packaging/completion/fish.ts';
import { completedWords } from '../../scripts/packaging/completion/words.ts';
import { zshCompletion } from '../../scripts/packaging/completion/zsh.ts';
import { COMMANDS } from '../../src/cli/catalogue.ts';
import { testWith } from './with-tools.ts';

const WORDS = await completedWords();
const folder = mkdtempSync(join(tmpdir(), 'multiflexi-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The long options of a command, and those of all. */
function optionsOf(name: string): string[] {
  const own = WORDS.commands.find((command) => command.name === name)?.options ?? [];
  return [...own, ...WORDS.options].map(({ long }) => long);
}

function put(name: string, script: string): string {
  const file = join(folder, name);
  writeFileSync(file, script);
  return file;
}

/** What a shell offers for each line that was typed so far. */
function offered(shell: string, script: string, lines: readonly string[]): string[][] {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', script], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    cwd: folder,
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout
    .split('--end--\n')
    .slice(0, lines.length)
    .map((answer) => answer.split('\n').filter((word) => word !== ''));
}

const bash = (...lines: string[]) =>
  offered(
    'bash',
    `source ${put('completion.bash', bashCompletion(WORDS))}
while IFS= read -r COMP_LINE; do
  COMP_POINT=\${#COMP_LINE}
  _multiflexi_cli
  printf '%s\\n' "\${COMPREPLY[@]}" --end--
done`,
    lines,
  );

test('bash is offered every command, and behind it every option', () => {
  const names = [...COMMANDS.keys()];
  const [commands, ...options] = bash('multiflexi-cli ', ...names.map((name) => `multiflexi-cli ${name} -`));
  expect(commands).toEqual([...names, 'help']);
  for (const [index, name] of names.entries())
    expect(options[index], name).toEqual(expect.arrayContaining(optionsOf(name)));
});

test('bash replaces what is behind a colon, as it breaks words there', () => {
  expect(bash('multiflexi-cli db:stat', 'multiflexi-cli db:', 'multiflexi-cli arch')).toEqual([
    ['status'],
    expect.arrayContaining(['status', 'migrate']),
    expect.arrayContaining(['archive:list']),
  ]);
});

test('bash is offered what an option takes, wherever it stands', () => {
  const [format, before, sort, equals, file, archive, housekeeper, help] = bash(
    'multiflexi-cli -f ',
    'multiflexi-cli -f json db:si',
    'multiflexi-cli db:size --sort ',
    'multiflexi-cli db:size --sort=to',
    'multiflexi-cli --environment compl',
    // Its directory may be left out.
    'multiflexi-cli prune --archive --dry',
    'multiflexi-housekeeper --o',
    'multiflexi-cli help tou',
  );
  expect(format).toEqual(['text', 'json']);
  expect(before).toEqual(['size']);
  expect(sort).toEqual(expect.arrayContaining(['total', 'rows']));
  expect(equals).toEqual(['total']);
  expect(file).toEqual(['completion.bash']);
  expect(archive).toEqual(['--dry-run']);
  expect(housekeeper).toEqual(['--only', '--once']);
  expect(help).toEqual(['tour']);
});

testWith({ fish: 'fish' }, 'fish is offered every command, and behind it every option', () => {
  const programs = [fishCompletion(WORDS), fishHousekeeperCompletion(WORDS)];
  const sources = programs.map((script, index) => `source ${put(`${index}.fish`, script)}`).join('\n');
  const names = [...COMMANDS.keys()];
  const lines = [
    'multiflexi-cli ',
    'multiflexi-housekeeper --',
    'multiflexi-cli db:size --sort ',
    ...names.map((name) => `multiflexi-cli ${name} --`),
  ];
  const [commands, housekeeper, sort, ...options] = offered(
    'fish',
    `${sources}
while read -l line
  complete -C "$line" | string replace -r '\\t.*' ''
  echo --end--
end`,
    lines,
  );
  expect(commands).toEqual(expect.arrayContaining(names));
  expect(housekeeper).toEqual(expect.arrayContaining(optionsOf('housekeeper:run')));
  expect(sort).toEqual(expect.arrayContaining(['total', 'rows']));
  for (const [index, name] of names.entries())
    expect(options[index], name).toEqual(expect.arrayContaining(optionsOf(name)));
});

testWith({ zsh: 'zsh' }, 'zsh hands its own completion every command and every option', () => {
  // Its functions are replaced by ones that print: what they are given is all that they would offer.
  const script = `_arguments() { print -rl -- "$@"; state=$wanted; words=($called); return 1 }
_describe() { print -rl -- "\${(@P)4}" }
service=multiflexi-cli
while IFS=' ' read -r wanted called; do
  source ${put('_multiflexi-cli', zshCompletion(WORDS))}
  print -- --end--
done`;
  const names = [...COMMANDS.keys()];
  const [commands = [], ...options] = offered('zsh', script, [
    'command',
    ...names.map((name) => `arguments ${name}`),
  ]);
  for (const [index, name] of names.entries()) {
    expect(commands.join('\n')).toContain(`${name.replaceAll(':', '\\:')}:`);
    for (const option of optionsOf(name))
      expect(options[index]?.join('\n'), name).toMatch(new RegExp(`(^|[)*])${option}=?\\[`, 'm'));
  }
});
