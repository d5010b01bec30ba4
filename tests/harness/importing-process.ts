/** A process that imports a file, for tests that kill it. Its words: settings, the file, and at which statement to die. */
import { planImport, runImport } from '../../src/tasks/index.ts';
import { opened } from './opened.ts';

const [settings = '', file = '', last = ''] = process.argv.slice(2);
let statements = 0;
const engine = await opened(JSON.parse(settings), 'create', () => {
  if (++statements === Number(last)) process.kill(process.pid, 'SIGKILL');
});
const context = {
  engine,
  program: 'victim',
  // Bulk loads are not statements of the log: between them is where rows are committed.
  onProgress: () => {
    if (++statements === Number(last)) process.kill(process.pid, 'SIGKILL');
  },
};
const plan = await planImport(context, { file });
await runImport(context, { file, plan, waitMs: 60_000 });
await engine.close();
