/** Man pages, from the definitions that `--help` is made from and the tables of docs/. */
import type { Command } from 'commander';
import { describedCommands } from './described.ts';
import { tablesBelow } from './markdown-tables.ts';
import {
  type About,
  bold,
  example,
  italic,
  item,
  markdown,
  page,
  paragraph,
  section,
  subsection,
  text,
  verbatim,
} from './roff.ts';

const HOUSEKEEPER = 'housekeeper:run';

/** By the names of their files, as multiflexi-cli.1. */
export async function manPages(about: About): Promise<Map<string, string>> {
  const { program } = await describedCommands();
  const pages = new Map([
    ['multiflexi-cli.1', await programPage(program, about)],
    ['multiflexi-housekeeper.8', await housekeeperPage(program, about)],
    ['multiflexi.env.5', settingsPage(about)],
  ]);
  for (const command of program.commands) {
    const name = pageOf(command.name());
    pages.set(`${name}.1`, await commandPage(name, command, program, about));
  }
  return pages;
}

/** As git has it: `man multiflexi-cli-db-status`. */
const pageOf = (command: string) => `multiflexi-cli-${command.replaceAll(':', '-')}`;

async function programPage(program: Command, about: About): Promise<string> {
  const commands: string[] = [];
  for (const command of program.commands) {
    const parts = await partsOf(command, `multiflexi-cli ${command.name()}`);
    commands.push(subsection(command.name()), parts.synopsis, '.PP', parts.description);
    commands.push(...parts.options, ...parts.examples);
  }
  return page('multiflexi-cli', 1, "look after MultiFlexi's database", about, [
    section('Synopsis'),
    `${bold('multiflexi-cli')} ${italic('command')} [${italic('options')}]`,
    section('Description'),
    paragraph(text(program.description())),
    '.PP',
    'Results go to the standard output, messages and progress to the standard error',
    'output.',
    '.PP',
    'Without settings, the database is an SQLite file in your data directory.',
    `To see it at work: ${bold('multiflexi-cli tour')}.`,
    section('Options'),
    'All commands take these:',
    ...options(program),
    section('Values'),
    ...table(tablesBelow('docs/cli.md', 'Global options').filter(([name = '']) => /^[A-Z]+$/.test(name))),
    section('Commands'),
    `Each has a page of its own as well, as ${bold(pageOf('db:status'))}(1).`,
    ...commands,
    ...exitStatus(),
    section('Environment'),
    item(bold('NO_COLOR'), 'turns off colours'),
    '.PP',
    `The settings are in ${bold('multiflexi.env')}(5).`,
    section('Files'),
    item(bold('/etc/multiflexi/multiflexi.env'), text('the settings, if they are not in the environment')),
    ...seeAlso('multiflexi-housekeeper(8)', 'multiflexi.env(5)'),
  ]);
}

async function commandPage(name: string, command: Command, program: Command, about: About): Promise<string> {
  return page(name, 1, command.summary(), about, [
    ...sections(await partsOf(command, `multiflexi-cli ${command.name()}`)),
    section('Options of all commands'),
    ...options(program),
    ...exitStatus(),
    ...seeAlso('multiflexi-cli(1)', 'multiflexi.env(5)'),
  ]);
}

async function housekeeperPage(program: Command, about: About): Promise<string> {
  const command = program.commands.find((one) => one.name() === HOUSEKEEPER);
  if (command === undefined) throw new Error(`There is no command ${HOUSEKEEPER}.`);
  const parts = await partsOf(command, 'multiflexi-housekeeper');
  const description = [
    parts.description,
    '.PP',
    `It is the same as ${bold(`multiflexi-cli ${HOUSEKEEPER}`)}.`,
    'The Debian package starts it every hour:',
    `${bold('systemctl list-timers multiflexi-housekeeper')}.`,
  ].join('\n');
  return page('multiflexi-housekeeper', 8, command.summary(), about, [
    ...sections({ ...parts, description }),
    section('Options of all commands'),
    ...options(program),
    ...exitStatus(),
    section('Environment'),
    ...settings('docs/housekeeper.md', 'Settings'),
    section('Files'),
    item(bold('/etc/multiflexi/multiflexi.env'), 'the settings'),
    ...seeAlso('multiflexi-cli(1)', 'multiflexi.env(5)', 'systemd.timer(5)'),
  ]);
}

function settingsPage(about: About): string {
  return page('multiflexi.env', 5, 'settings of MultiFlexi and its database', about, [
    section('Description'),
    'The file /etc/multiflexi/multiflexi.env has one NAME=value per line.',
    'Quote a value that contains spaces, # or quotes.',
    'A line that begins with # is a comment.',
    '.PP',
    'The settings DB_* are taken from one source and never mixed: the file named by',
    `${bold('-e')}, else the environment, if any of them is set there, else this file.`,
    'All others may be set in the environment as well, which takes precedence.',
    'A misspelt name is refused.',
    section('Database'),
    ...settings('docs/settings.md', 'Database'),
    section('Archives'),
    ...settings('docs/settings.md', 'Archives'),
    section('Exports'),
    ...settings('docs/settings.md', 'Exports'),
    section('Housekeeper'),
    ...settings('docs/housekeeper.md', 'Settings'),
    section('Example'),
    verbatim(`DB_CONNECTION=pgsql
DB_HOST=127.0.0.1
DB_DATABASE=multiflexi
DB_USERNAME=multiflexi
DB_PASSWORD='it has # in it'`),
    ...seeAlso('multiflexi-cli(1)', 'multiflexi-housekeeper(8)'),
  ]);
}

/** What `--help` says of a command, in roff. */
interface Parts {
  readonly synopsis: string;
  readonly description: string;
  readonly options: readonly string[];
  readonly examples: readonly string[];
}

/** @param called by which words it is started */
async function partsOf(command: Command, called: string): Promise<Parts> {
  const help = command.createHelp();
  const words = command.registeredArguments.map((argument) => {
    const word = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? ` ${italic(word)}` : ` [${italic(word)}]`;
  });
  const examples = (await describedCommands()).examples.get(command.name()) ?? [];
  const itself = `multiflexi-cli ${command.name()}`;
  return {
    synopsis: paragraph(`${bold(called)}${words.join('')} [${italic('options')}]`),
    description: paragraph(text(command.description())),
    options: [
      ...command.registeredArguments.map((argument) =>
        item(italic(argument.name()), text(help.argumentDescription(argument))),
      ),
      ...options(command),
    ],
    examples: examples.map(([line, what]) => example(line.replace(itself, called), what)),
  };
}

function sections({ synopsis, description, options: own, examples }: Parts): string[] {
  return [
    section('Synopsis'),
    synopsis,
    section('Description'),
    description,
    section('Options'),
    ...own,
    section('Examples'),
    // A heading is followed by text at once.
    ...examples.map((one, index) => (index === 0 ? one.replace('.PP\n', '') : one)),
  ];
}

function options(command: Command): string[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .map((option) => item(bold(help.optionTerm(option)), text(help.optionDescription(option))));
}

function settings(document: string, heading: string): string[] {
  return tablesBelow(document, heading).map(([name = '', ...rest]) => {
    // Where there are three columns, the one between is the default.
    const [fallback, meaning] = rest.length > 1 ? rest : [undefined, rest[0]];
    const words = fallback === undefined ? '' : ` (default: ${fallback})`;
    return item(markdown(name), markdown(`${meaning}${words}`));
  });
}

const table = (rows: readonly string[][]) =>
  rows.map(([term = '', meaning = '']) => item(bold(term.replaceAll('`', '')), markdown(meaning)));

const exitStatus = () => [section('Exit status'), ...table(tablesBelow('docs/cli.md', 'Exit status'))];

function seeAlso(...pages: readonly string[]): string[] {
  const names = pages.map((one) => {
    const [, name = '', chapter = ''] = /^(.*)(\(\d\))$/.exec(one) ?? [];
    return `${bold(name)}${chapter}`;
  });
  return [section('See also'), names.join(',\n')];
}
