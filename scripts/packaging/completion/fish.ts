/** Completion for fish; a program each, as fish loads them by its name. */
import type { CompletedOption, Words } from './words.ts';

const HEAD = `# Made by scripts/packaging/completion/fish.ts, from what --help shows.
`;

export function fishCompletion({ options, commands }: Words): string {
  const names = commands.map(({ name }) => name).join(' ');
  const first = `not __fish_seen_subcommand_from ${names}`;
  return [
    HEAD,
    'complete -c multiflexi-cli -f',
    ...options.map((option) => line('multiflexi-cli', option)),
    ...commands.map(
      ({ name, summary }) =>
        `complete -c multiflexi-cli -n ${quoted(first)} -a ${quoted(name)} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap(({ name, options: own, takes }) => {
      const here = `__fish_seen_subcommand_from ${name}`;
      const words = own.map((option) => line('multiflexi-cli', option, here));
      if (takes === 'file') words.push(`complete -c multiflexi-cli -n ${quoted(here)} -F`);
      else if (Array.isArray(takes))
        words.push(`complete -c multiflexi-cli -n ${quoted(here)} -a ${quoted(takes.join(' '))}`);
      return words;
    }),
    '',
  ].join('\n');
}

export function fishHousekeeperCompletion({ options, commands }: Words): string {
  const own = commands.find(({ name }) => name === 'housekeeper:run')?.options ?? [];
  return [
    HEAD,
    'complete -c multiflexi-housekeeper -f',
    ...[...options, ...own].map((option) => line('multiflexi-housekeeper', option)),
    '',
  ].join('\n');
}

function line(
  program: string,
  { long, short, description, takes, optional }: CompletedOption,
  when?: string,
): string {
  const words = [`complete -c ${program}`];
  if (when !== undefined) words.push(`-n ${quoted(when)}`);
  if (short !== undefined) words.push(`-s ${short.slice(1)}`);
  words.push(`-l ${long.slice(2)}`);
  if (takes !== undefined && !optional)
    words.push(takes === 'file' || takes === 'directory' ? '-r -F' : '-x');
  if (Array.isArray(takes)) words.push(`-a ${quoted(takes.join(' '))}`);
  if (takes === 'directory' && optional) words.push('-F');
  return [...words, `-d ${quoted(description)}`].join(' ');
}

const quoted = (words: string) => `'${words.replace(/[\\']/g, '\\$&')}'`;
