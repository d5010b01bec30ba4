/**
 * A process that saves what a rollback destroys, or puts it back, for tests that kill it. Its words: settings, what
 * to do, the file, and after how many rows to die.
 */
import { rollback } from '../../src/migrations/index.ts';
import { applyRestore, backUpLosses, planRestore } from '../../src/transfer/index.ts';
import { opened } from './opened.ts';

const [settings = '', what = '', file = '', rows = ''] = process.argv.slice(2);
const engine = await opened(JSON.parse(settings), 'change');

const onProgress = (done: number) => {
  if (done >= Number(rows)) process.kill(process.pid, 'SIGKILL');
};

if (what === 'restore') await applyRestore(engine, await planRestore(engine, file), { onProgress });
else {
  await rollback(engine, {
    program: 'victim',
    waitMs: 60_000,
    target: '0',
    beforeApply: async (plan) => (await backUpLosses(engine, plan, file, { onProgress })).check,
  });
}
await engine.close();
