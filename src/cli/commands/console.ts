import { userInfo } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { type Command, InvalidArgumentError } from 'commander';
import { consoleDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import {
  type AccessMode,
  type ConsoleOptions,
  type Listen,
  type RunningConsole,
  startConsole,
} from '../../server/index.ts';
import { originIn, readConsoleOrigins, readSettings } from '../../settings/index.ts';
import { fileReason } from '../../system/index.ts';
import type { CliCommand } from '../command.ts';
import { consoleLog } from '../console-log.ts';
import {
  notOfService,
  onlyOfService,
  originNotSpecified,
  portNotFree,
  serviceNeedsSocket,
} from '../failures.ts';
import { COMMAND_NAMES } from '../next-words.ts';
import { duration, wholeNumber } from '../numbers.ts';
import { openInBrowser } from '../open-in-browser.ts';
import type { Terminal } from '../terminal.ts';

interface ConsoleCommandOptions {
  readonly port?: number;
  readonly open?: true;
  readonly readOnly?: true;
  readonly idle?: number;
  readonly service?: true;
  readonly origin?: readonly string[];
}

/** From a signal to the end: a chunk at hand and its bookkeeping, and less than the terminal's own patience. */
const PATIENCE_MS = 6_000;

export const consoleCommand: CliCommand<ConsoleCommandOptions> = {
  description: `Serves the console to a browser on this machine: whether the database is well, what would be deleted and why a job is
kept, and everything that is planned first and then carried out. Prints an address that is good for one login. Nothing can be done in
it that cannot be done in the terminal. Ends with Ctrl-C; a run in progress ends after the current step. With --service it is
for several people behind a reverse proxy, who log in with tokens (token:create).`,
  examples: [
    ['multiflexi-cli console', 'print the address to open'],
    ['multiflexi-cli console --open', 'open it in the browser as well'],
    ['multiflexi-cli console --read-only --idle 30m', 'look only; end after half an hour without a request'],
    [
      'multiflexi-cli console --service --port 8311 --origin https://console.example.org',
      'behind a reverse proxy on this machine',
    ],
  ],
  options: (command: Command) => {
    command
      .option('--port <port>', 'listen on this port (default: a free one)', wholeNumber(1, 65_535))
      .option('--open', 'open the address in the browser')
      .option('--read-only', 'look and plan only; nothing can be changed')
      .option('--idle <time>', 'end after this time without a request (10m, 2h)', duration)
      .option('--service', 'serve those who have a token, on the socket of systemd or on --port')
      .option(
        '--origin <address>',
        'with --service: the address that people open; may be repeated (default: MULTIFLEXI_CONSOLE_ORIGIN)',
        anotherOrigin,
      );
  },
  run: async (options, terminal) => {
    // A server that waits for people is to be small, not quick to compute.
    setFlagsFromString('--optimize-for-size');
    // What is worth compiling soon is worth compiling well, later: the compiler between takes 7 MB while fifty people look at once.
    setFlagsFromString('--no-maglev');
    // Faults of the settings are told here, not in the browser.
    readSettings(terminal.settings);
    const { json } = terminal;
    const running = await listening(options, {
      settings: { file: terminal.settings.file, environment: terminal.settings.environment },
      words: { program: 'multiflexi-cli', commands: COMMAND_NAMES },
      listen: listenOf(options, terminal),
      access: accessOf(options, terminal),
      idleMs: options.idle,
      log: await consoleLog(options.service === true, terminal),
    });
    if (json) terminal.document(consoleDocument(running.url));
    else terminal.print(running.url);
    if (options.open) openInBrowser(running.url, terminal);
    await Promise.race([running.idle, interruption(terminal)]);
    await running.close(PATIENCE_MS);
    return EXIT.done;
  },
};

function anotherOrigin(text: string, others: readonly string[] = []): readonly string[] {
  const origin = originIn(text);
  if (origin !== undefined) return [...others, origin];
  throw new InvalidArgumentError('It must be an address without a path, as https://console.example.org.');
}

/** @throws FILE_FAILED where the port is taken */
async function listening(
  { port = 0 }: ConsoleCommandOptions,
  options: ConsoleOptions,
): Promise<RunningConsole> {
  try {
    return await startConsole(options);
  } catch (error) {
    if (!isErrnoException(error) || error.syscall !== 'listen') throw error;
    throw portNotFree(port, fileReason(error));
  }
}

function isErrnoException(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** The first descriptor that systemd passes on. Source: sd_listen_fds(3). */
const FIRST_FD = 3;

/** @throws USAGE */
function listenOf({ service, port }: ConsoleCommandOptions, { settings }: Terminal): Listen {
  const { LISTEN_PID: pid, LISTEN_FDS: descriptors } = settings.environment;
  if (service && Number(pid) === process.pid && Number(descriptors) >= 1) return { fd: FIRST_FD };
  if (service && port === undefined) throw serviceNeedsSocket();
  return { port: port ?? 0 };
}

/** @throws USAGE, SETTINGS_INVALID */
function accessOf(
  { service, origin, readOnly, open }: ConsoleCommandOptions,
  { settings }: Terminal,
): AccessMode {
  if (!service) {
    if (origin !== undefined) throw onlyOfService('--origin');
    return { kind: 'own', name: userInfo().username, scope: readOnly ? 'read' : 'maintain' };
  }
  if (readOnly) throw notOfService('--read-only');
  if (open) throw notOfService('--open');
  const origins = origin ?? readConsoleOrigins(settings);
  if (origins.length === 0) throw originNotSpecified();
  return { kind: 'service', origins };
}

function interruption({ interrupted }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    if (interrupted.aborted) resolve();
    interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
}
