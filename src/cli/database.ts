/** Opens the database that the options and the environment name, for as long as a command works on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Access, type Engine, openEngine } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import { readSettings } from '../settings/index.ts';
import type { GlobalOptions } from './command.ts';
import type { Terminal } from './terminal.ts';

export async function withDatabase<T>(
  options: GlobalOptions,
  terminal: Terminal,
  access: Access,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await openPatiently(options, terminal, access);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

const POLL_MS = 500;

/** A server that is still starting is waited for as long as was said; a login that it refuses is final. */
async function openPatiently(options: GlobalOptions, terminal: Terminal, access: Access): Promise<Engine> {
  const settings = readSettings({ file: options.environment, environment: process.env });
  const log = await terminal.statementLog();
  const deadline = performance.now() + options.waitForDatabase * 1000;
  for (;;) {
    try {
      return await openEngine(settings, access, log);
    } catch (error) {
      if (!isMultiFlexiError(error, 'SERVER_UNREACHABLE') || performance.now() + POLL_MS > deadline)
        throw error;
      terminal.interrupted.throwIfAborted();
      await sleep(POLL_MS);
    }
  }
}
