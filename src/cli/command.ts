/** What a command is to the terminal: words, options and one function. */
import type { Command } from 'commander';
import type { GlobalOptions } from './global-options.ts';
import type { Terminal } from './terminal.ts';

export interface CliCommand<Options extends object = object> {
  /** What it does, in full sentences, for `--help`. */
  readonly description: string;
  /** Command lines that work, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Adds the command's own options; those that all commands have are there already. */
  options(command: Command): void;
  /** @param words the arguments that are no options, as their parsers made them @returns the exit status; an error of the catalogue is thrown. */
  run(options: Options & GlobalOptions, terminal: Terminal, words: readonly unknown[]): Promise<number>;
}
