/** From the words of the command line to a command's exit status. */
import { Command, CommanderError, Option } from 'commander';
import { failureDocument, jsonText } from '../documents/index.ts';
import { EXIT, isMultiFlexiError } from '../errors.ts';
import { PROGRAM_VERSION } from '../system/index.ts';
import { type CatalogueEntry, COMMANDS } from './catalogue.ts';
import type { CliCommand } from './command.ts';
import { reportFailure } from './failure-report.ts';
import type { GlobalOptions } from './global-options.ts';
import { wholeNumber } from './numbers.ts';
import { Terminal } from './terminal.ts';

export interface Ended {
  readonly exit: number;
  /** Work of the command is still going on: the process must not wait for it. */
  readonly leftBehind: boolean;
}

export async function runProgram(words: readonly string[]): Promise<Ended> {
  let ended: Ended = { exit: EXIT.done, leftBehind: false };
  const program = newProgram();
  for (const [name, { summary }] of concerned(words))
    program.command(name).summary(summary).description(summary);
  // Only the command that is called is loaded, and only when its words are about to be read.
  program.hook('preSubcommand', async (_, command) => {
    const loaded = await COMMANDS.get(command.name())?.load();
    if (!loaded) return;
    describe(command, loaded);
    command.action(async () => {
      const options = command.optsWithGlobals<GlobalOptions>();
      ended = await runCommand(command.name(), loaded, options, command.processedArgs);
    });
  });
  try {
    await program.parseAsync(words.length === 0 ? ['--help'] : [...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { exit: EXIT.done, leftBehind: false };
    if (asksForJson(words)) process.stdout.write(jsonText(failureDocument(usageReport(error))));
    return { exit: EXIT.usage, leftBehind: false };
  }
  return ended;
}

/** The program with all that its help knows of every command: what man pages and completion are made from. */
export async function describedProgram(): Promise<Command> {
  const program = newProgram();
  for (const [name, { summary, load }] of COMMANDS)
    describe(program.command(name).summary(summary), await load());
  return program;
}

/**
 * The commands that the words may call: all of them where none is named, or help is wanted. Commander compares each new
 * command with all before it, which took as long as the rest of its work.
 */
function concerned(words: readonly string[]): Iterable<[string, CatalogueEntry]> {
  const named = [...COMMANDS].filter(([name]) => words.includes(name));
  const wantsHelp = words.some((word) => word === 'help' || word === '--help' || word === '-h');
  return named.length === 0 || wantsHelp ? COMMANDS : named;
}

/** The command line could not be read as a whole, so its words are looked at one by one. */
function asksForJson(words: readonly string[]): boolean {
  return words.some(
    (word, index) =>
      /^(-f|--format=)json$/.test(word) ||
      (word === 'json' && /^(-f|--format)$/.test(words[index - 1] ?? '')),
  );
}

function usageReport(error: CommanderError) {
  return {
    code: 'USAGE',
    message: error.message.replace(/^error: /, ''),
    next: 'Run the command with --help to see its options.',
  };
}

function newProgram(): Command {
  return new Command('multiflexi-cli')
    .description("Looks after MultiFlexi's database on SQLite, MySQL, MariaDB and PostgreSQL.")
    .version(PROGRAM_VERSION, '-V, --version', "show the program's version")
    .helpOption('-h, --help', 'show this help')
    .addOption(new Option('-f, --format <format>', 'output format').choices(['text', 'json']).default('text'))
    .option(
      '-e, --environment <file>',
      'file with the DB_* settings (default: /etc/multiflexi/multiflexi.env, if it exists)',
    )
    .option('-v, --verbose', 'log every SQL statement to stderr, without its values')
    .option('--no-ansi', 'no colours and no progress bars (NO_COLOR also turns off colours)')
    .option('--no-input', 'never prompt; fail where an answer would be needed')
    .option('-y, --yes', 'answer every question with yes')
    .option(
      '--wait-for-database <seconds>',
      'wait for a server that is still starting',
      wholeNumber(0, 86_400),
      0,
    )
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help lists the options)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nWithout settings and without /etc/multiflexi, the database is an SQLite file in your data directory.\nTo see it at work: multiflexi-cli tour',
    );
}

function describe(command: Command, { description, examples, options }: CliCommand): void {
  // The help is wrapped as wide as its terminal: line breaks of our own would break its lines twice.
  command.description(description.replace(/\s*\n\s*/g, ' '));
  options(command);
  const lines = examples.map(([line, what]) => `  ${line}\n      ${what}`);
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  command.allowExcessArguments(false);
}

async function runCommand(
  name: string,
  command: CliCommand,
  options: GlobalOptions,
  words: readonly unknown[],
): Promise<Ended> {
  const terminal = new Terminal(name, options, {
    file: options.environment,
    environment: process.env,
    texts: new Map(),
  });
  let leftBehind = false;
  const overdue = terminal.overdue.catch((error: unknown) => {
    leftBehind = true;
    throw error;
  });
  try {
    const exit = await Promise.race([command.run(options, terminal, words), overdue]);
    return { exit, leftBehind };
  } catch (error) {
    reportFailure(error, terminal);
    return { exit: isMultiFlexiError(error) ? error.exit : EXIT.failed, leftBehind };
  } finally {
    terminal.close();
  }
}
