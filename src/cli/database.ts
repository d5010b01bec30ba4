/** Opens the database that the options and the settings name, for as long as a command's task takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Access, type Engine, openEngine } from '../engines/index.ts';
import { isMultiFlexiError, type MultiFlexiError } from '../errors.ts';
import { step } from '../next-step.ts';
import { loginHint, readSettings, type SettingsSource } from '../settings/index.ts';
import type { TaskContext } from '../tasks/index.ts';
import type { GlobalOptions } from './global-options.ts';
import { noticeTeller } from './notices.ts';
import type { Terminal } from './terminal.ts';

export async function withDatabase<T>(
  options: GlobalOptions,
  terminal: Terminal,
  access: Access,
  work: (context: TaskContext) => Promise<T>,
): Promise<T> {
  // Waiting for a server changes nothing.
  const engine = await terminal.whileReading(() => openPatiently(options, terminal, access));
  if (engine.capabilities.statementsBlock) terminal.blocksOnDatabase();
  const context = contextOf(engine, terminal);
  try {
    if (access !== 'inspect') await tellUntested(context);
    return await (access === 'inspect' ? terminal.whileReading(() => work(context)) : work(context));
  } finally {
    terminal.endProgress();
    await engine.close();
  }
}

/** Reads the database, and writes files that a signal must not leave behind: it is heard between two steps. */
export async function withSource<T>(
  options: GlobalOptions,
  terminal: Terminal,
  work: (context: TaskContext) => Promise<T>,
): Promise<T> {
  const engine = await terminal.whileReading(() => openPatiently(options, terminal, 'inspect'));
  try {
    return await work(contextOf(engine, terminal));
  } finally {
    terminal.endProgress();
    await engine.close();
  }
}

/** Opened once more, to write what was done; the caller closes it. */
export function openToRecord(options: GlobalOptions, terminal: Terminal): Promise<Engine> {
  return openPatiently(options, terminal, 'change');
}

/** Once, before anything is changed; whoever only looks is not bothered. */
async function tellUntested({ engine, onNotice }: TaskContext): Promise<void> {
  for (const { name, tested, remark } of await engine.serverProducts())
    if (!tested) onNotice?.({ kind: 'untested-server', product: name, remark });
}

export function contextOf(engine: Engine, terminal: Terminal): TaskContext {
  return {
    engine,
    program: terminal.command,
    signal: terminal.interrupted,
    onProgress: (progress) => terminal.progress(progress),
    onNotice: noticeTeller(terminal),
  };
}

/** Rests between tries: doubled each time, so that a server that is starting is not kept busy. */
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 8_000;

/** A server that is still starting is waited for as long as was specified; a login that it refuses is final. */
async function openPatiently(options: GlobalOptions, terminal: Terminal, access: Access): Promise<Engine> {
  const settings = readSettings(terminal.settings);
  const log = await terminal.statementLog();
  const deadline = performance.now() + options.waitForDatabase * 1000;
  for (let rest = FIRST_REST_MS; ; rest = Math.min(rest * 2, LONGEST_REST_MS)) {
    try {
      return await openEngine(settings, access, log);
    } catch (error) {
      if (isMultiFlexiError(error, 'LOGIN_REFUSED')) throw withHint(error, terminal.settings);
      const left = deadline - performance.now();
      if (!isMultiFlexiError(error, 'SERVER_UNREACHABLE') || left < FIRST_REST_MS) throw error;
      await sleep(Math.min(rest, left), undefined, { signal: terminal.interrupted }).catch(() =>
        terminal.interrupted.throwIfAborted(),
      );
    }
  }
}

/** The server knows only that the password is another one; the settings may tell how that came about. */
function withHint(error: MultiFlexiError, source: SettingsSource): MultiFlexiError {
  const hint = loginHint(source);
  return hint === undefined ? error : error.withNext(step`${hint} ${error.nextStep}`);
}
