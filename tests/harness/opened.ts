/** The database of a process that a test starts. */
import { flushCompileCache } from 'node:module';
import {
  type Access,
  type DatabaseSettings,
  type Engine,
  openEngine,
  type StatementLog,
} from '../../src/engines/index.ts';

/** Compiled code is kept for the next such process at once: most of them are killed, and half their time is compiling. */
export async function opened(
  settings: DatabaseSettings,
  access: Access,
  log?: StatementLog,
): Promise<Engine> {
  const engine = await openEngine(settings, access, log);
  flushCompileCache();
  return engine;
}
