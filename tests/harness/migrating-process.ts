/**
 * A process that migrates or rolls back, for tests that kill it. Its words: settings, direction, the migration and
 * step at which to die, and when: before the statement, after it and before its record, or so many milliseconds into it.
 */
import { openEngine } from '../../src/engines/index.ts';
import { migrate, rollback } from '../../src/migrations/index.ts';

const [settings = '', direction = 'up', version = '', step = '', when = ''] = process.argv.slice(2);
const engine = await openEngine(JSON.parse(settings), 'create');

const die = () => process.kill(process.pid, 'SIGKILL');

await (direction === 'up' ? migrate : rollback)(engine, {
  program: 'victim',
  waitMs: 60_000,
  ...(direction === 'down' ? { target: '0' } : {}),
  onProgress: (progress) => {
    if (progress.version !== version || String(progress.step) !== step) return;
    if (when === 'before' && progress.event === 'begun') die();
    if (when === 'after' && progress.event === 'done') die();
    if (/^\d+$/.test(when) && progress.event === 'begun') setTimeout(die, Number(when));
  },
});
await engine.close();
