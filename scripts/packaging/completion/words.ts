/** What can be typed, from the same definitions as `--help`: commands, their options, and what an option takes. */
import type { Argument, Command, Option } from 'commander';
import { describedCommands } from '../described.ts';

/** What completes a value: nothing that a shell knows, a file, a directory, or one of some words. */
export type Completed = 'anything' | 'file' | 'directory' | readonly string[];

export interface CompletedOption {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  /** Undefined where it takes no value. */
  readonly takes: Completed | undefined;
  /** The value may be left out. */
  readonly optional: boolean;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Undefined where it takes no arguments. */
  readonly takes: Completed | undefined;
}

export interface Words {
  /** Those that all commands take. */
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
}

export async function completedWords(): Promise<Words> {
  const { program } = await describedCommands();
  const commands = program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    options: optionsOf(command).filter(({ long }) => long !== '--help'),
    takes: argumentOf(command.registeredArguments[0]),
  }));
  const help = {
    name: 'help',
    summary: 'show the help of a command',
    options: [],
    takes: commands.map(({ name }) => name),
  };
  return { options: optionsOf(program), commands: [...commands, help] };
}

function optionsOf(command: Command): CompletedOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      long: option.long ?? '',
      short: option.short,
      description: option.description,
      takes: option.required || option.optional ? completedBy(option) : undefined,
      optional: option.optional,
    }));
}

function completedBy(option: Option): Completed {
  if (option.argChoices) return option.argChoices;
  return byName(/[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1]);
}

function argumentOf(argument: Argument | undefined): Completed | undefined {
  if (argument === undefined) return undefined;
  return argument.argChoices ?? byName(argument.name());
}

/** By the placeholder that help shows. */
function byName(placeholder: string | undefined): Completed {
  if (placeholder === 'file') return 'file';
  return placeholder === 'dir' ? 'directory' : 'anything';
}
