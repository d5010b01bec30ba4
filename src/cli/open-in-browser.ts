/** Opens an address that has a token in it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Terminal } from './terminal.ts';

/** In which a browser reads the file that leads to the address. */
const READ_MS = 20_000;

/**
 * Arguments are for everybody to read, and the address has the token: the browser is given a file of this account's that leads
 * there, until it has had time to read it.
 */
export function openInBrowser(url: string, terminal: Terminal): void {
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
