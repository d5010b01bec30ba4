/** From the words of the command line to a command's exit status. */
import { Command, CommanderError, Option } from 'commander';
import { EXIT, isMultiFlexiError } from '../errors.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import { COMMANDS } from './catalogue.ts';
import type { CliCommand, GlobalOptions } from './command.ts';
import { reportFailure } from './failure-report.ts';
import { wholeNumber } from './numbers.ts';
import { Terminal } from './terminal.ts';

export async function runProgram(words: readonly string[]): Promise<number> {
  let exit: number = EXIT.done;
  const program = newProgram();
  for (const [name, { summary }] of COMMANDS) program.command(name).summary(summary).description(summary);
  // Only the command that is called is loaded, and only when its words are about to be read.
  program.hook('preSubcommand', async (_, command) => {
    const loaded = await COMMANDS.get(command.name())?.load();
    if (!loaded) return;
    describe(command, loaded);
    command.action(async () => {
      exit = await runCommand(loaded, command.optsWithGlobals<GlobalOptions>(), command.processedArgs);
    });
  });
  try {
    await program.parseAsync(words.length === 0 ? ['--help'] : [...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (asksForJson(words))
      process.stdout.write(`${JSON.stringify({ error: usageReport(error) }, null, 2)}\n`);
    return EXIT.usage;
  }
  return exit;
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
    next: 'Run the command with --help for what it takes.',
  };
}

function newProgram(): Command {
  return new Command('multiflexi-cli')
    .description('Looks after the database of MultiFlexi: SQLite, MySQL, MariaDB and PostgreSQL.')
    .version(PROGRAM_VERSION, '-V, --version', 'show the version of this program')
    .helpOption('-h, --help', 'show this help')
    .addOption(
      new Option('-f, --format <format>', 'how to print the result')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option(
      '-e, --environment <file>',
      'file with the DB_* settings (default: /etc/multiflexi/multiflexi.env where it exists)',
    )
    .option('-v, --verbose', 'log every statement to stderr, without its values')
    .option('--no-ansi', 'no colours and no progress bars (also: NO_COLOR)')
    .option('--no-input', 'never ask; what would need an answer is refused')
    .option('-y, --yes', 'answer every question with yes')
    .option(
      '--wait-for-database <seconds>',
      'how long to wait for a server that is still starting',
      wholeNumber(0, 86_400),
      0,
    )
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for what it takes)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nWithout settings the database is an SQLite file in your data directory.\nFirst steps: multiflexi-cli tour',
    );
}

function describe(command: Command, { description, examples, options }: CliCommand): void {
  command.description(description);
  options(command);
  const lines = examples.map(([line, what]) => `  ${line}\n      ${what}`);
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  command.allowExcessArguments(false);
}

async function runCommand(
  command: CliCommand,
  options: GlobalOptions,
  words: readonly unknown[],
): Promise<number> {
  const terminal = new Terminal(options);
  try {
    return await command.run(options, terminal, words);
  } catch (error) {
    reportFailure(error, terminal);
    return isMultiFlexiError(error) ? error.exit : EXIT.failed;
  } finally {
    terminal.close();
  }
}
