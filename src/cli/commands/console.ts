import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { consoleDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { startConsole } from '../../server/index.ts';
import { readSettings } from '../../settings/index.ts';
import type { CliCommand } from '../command.ts';
import { COMMAND_NAMES } from '../next-words.ts';
import { duration, wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

interface ConsoleCommandOptions {
  readonly port: number;
  readonly open?: true;
  readonly readOnly?: true;
  readonly idle?: number;
}

/** From a signal to the end: a chunk at hand and its bookkeeping, and less than the terminal's own patience. */
const PATIENCE_MS = 6_000;
/** In which a browser reads the file that leads to the address. */
const READ_MS = 20_000;

export const consoleCommand: CliCommand<ConsoleCommandOptions> = {
  description: `Serves the console to a browser on this machine: whether the database is well, what would be deleted and why a job is
kept, and everything that is planned first and then carried out. Prints an address that is good for one login. Nothing can be done in
it that cannot be done in the terminal. Ends with Ctrl-C; a run that is at work ends after the step at hand.`,
  examples: [
    ['multiflexi-cli console', 'print the address to open'],
    ['multiflexi-cli console --open', 'open it in the browser as well'],
    ['multiflexi-cli console --read-only --idle 30m', 'look only; end after half an hour without a request'],
  ],
  options: (command: Command) => {
    command
      .option('--port <port>', 'listen on this port (default: a free one)', wholeNumber(1, 65_535), 0)
      .option('--open', 'open the address in the browser')
      .option('--read-only', 'look and plan only; nothing can be changed')
      .option('--idle <time>', 'end after this time without a request (10m, 2h)', duration);
  },
  run: async ({ port, open, readOnly, idle }, terminal) => {
    // Faults of the settings are told here, not in the browser.
    readSettings(terminal.settings);
    const running = await startConsole({
      settings: { file: terminal.settings.file, environment: terminal.settings.environment },
      words: { program: 'multiflexi-cli', commands: COMMAND_NAMES },
      listen: { port },
      access: { kind: 'own', name: userInfo().username, scope: readOnly ? 'read' : 'maintain' },
      idleMs: idle,
      log: {
        info: () => {},
        warn: (_, text) => terminal.say(text),
        error: (_, text) => terminal.say(text),
      },
    });
    if (terminal.json) terminal.document(consoleDocument(running.url));
    terminal.print(running.url);
    if (open) openInBrowser(running.url, terminal);
    await Promise.race([running.idle, interruption(terminal)]);
    await running.close(PATIENCE_MS);
    return EXIT.done;
  },
};

function interruption({ interrupted }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    if (interrupted.aborted) resolve();
    interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Arguments are for everybody to read, and the address has the token: the browser is given a file of this account's that leads
 * there, until it has had time to read it.
 */
function openInBrowser(url: string, terminal: Terminal): void {
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-console-'));
  const file = join(directory, 'console.html');
  writeFileSync(
    file,
    `<!doctype html><meta http-equiv="refresh" content="0; url=${url}"><title>MultiFlexi</title>`,
    {
      mode: 0o600,
    },
  );
  setTimeout(() => rmSync(directory, { recursive: true, force: true }), READ_MS).unref();
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const launcher = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(launcher, [file], { stdio: 'ignore', detached: true });
  child.on('error', () =>
    terminal.say(`The browser cannot be opened (${launcher}); open the address yourself.`),
  );
  child.unref();
}
