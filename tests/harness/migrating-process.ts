/**
 * A process that migrates or rolls back, for tests that kill it. Its words: settings, direction, how far, the
 * migration and step at which to die, and when: before the statement, after it and before its record, or so many
 * milliseconds into it; or to `cut` its connections, with the statement on its way to the server.
 */
import { Socket } from 'node:net';
import { migrate, rollback } from '../../src/migrations/index.ts';
import { opened } from './opened.ts';

const [settings = '', direction = 'up', target = '', version = '', step = '', when = ''] =
  process.argv.slice(2);
const engine = await opened(JSON.parse(settings), 'create');

const die = () => process.kill(process.pid, 'SIGKILL');

/** As a network does that breaks: no word to the server, which goes on with what it was given. */
function cut(): void {
  const { _getActiveHandles } = process as unknown as { _getActiveHandles(): unknown[] };
  for (const handle of _getActiveHandles.call(process))
    if (handle instanceof Socket && handle.remotePort !== undefined) handle.destroy();
}

await (direction === 'up' ? migrate : rollback)(engine, {
  program: 'victim',
  waitMs: 60_000,
  ...(target === '' ? {} : { target }),
  onProgress: (progress) => {
    if (progress.version !== version || String(progress.step) !== step) return;
    if (when === 'before' && progress.event === 'begun') die();
    if (when === 'after' && progress.event === 'done') die();
    if (when === 'cut' && progress.event === 'begun') setImmediate(cut);
    if (/^\d+$/.test(when) && progress.event === 'begun') setTimeout(die, Number(when));
  },
});
// A session that was cut off cannot be closed.
await engine.close().catch(() => {});
