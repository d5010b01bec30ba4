/** Opens the database that the options and the environment name, for as long as a command works on it. */
import { type Access, type Engine, openEngine } from '../engines/index.ts';
import { readSettings } from '../settings/index.ts';
import type { GlobalOptions } from './command.ts';
import type { Terminal } from './terminal.ts';

export async function withDatabase<T>(
  options: GlobalOptions,
  terminal: Terminal,
  access: Access,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const settings = readSettings({ file: options.environment, environment: process.env });
  const engine = await openEngine(settings, access, await terminal.statementLog());
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
