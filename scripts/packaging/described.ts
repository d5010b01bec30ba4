/**
 * The commands with all that their help knows. They are bundled first, as the program is: a command may lead to files that
 * Node does not read as they are, such as the console's pages.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { build } from 'rolldown';
import type { CliCommand } from '../../src/cli/command.ts';
import { bundleAssets } from '../bundle-assets.ts';
import { BUILD, CHECKOUT } from './places.ts';

export interface Described {
  readonly program: Command;
  /** By the names of commands. */
  readonly examples: ReadonlyMap<string, CliCommand['examples']>;
}

let described: Promise<Described> | undefined;

export function describedCommands(): Promise<Described> {
  described ??= describeCommands();
  return described;
}

async function describeCommands(): Promise<Described> {
  mkdirSync(BUILD, { recursive: true });
  const folder = mkdtempSync(join(BUILD, 'described-'));
  try {
    await build({
      cwd: CHECKOUT,
      input: { program: 'src/cli/program.ts', catalogue: 'src/cli/catalogue.ts' },
      platform: 'node',
      external: ['better-sqlite3', 'pg-native'],
      output: { dir: folder, format: 'esm', entryFileNames: '[name].js' },
      logLevel: 'warn',
    });
    // The console's pages name them by their contents.
    await bundleAssets(join(folder, 'assets'));
    const { describedProgram } = await entry<typeof import('../../src/cli/program.ts')>(folder, 'program');
    const { COMMANDS } = await entry<typeof import('../../src/cli/catalogue.ts')>(folder, 'catalogue');
    const loaded = [...COMMANDS].map(async ([name, { load }]) => [name, (await load()).examples] as const);
    return { program: await describedProgram(), examples: new Map(await Promise.all(loaded)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function entry<Module>(folder: string, name: string): Promise<Module> {
  return await import(pathToFileURL(join(folder, `${name}.js`)).href);
}
