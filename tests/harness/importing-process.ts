/**
 * A process that imports a file, for tests that kill it. Its words: settings, the file, and at which statement to die: a number, or words of it
 * and how often they are to come.
 */
import { planImport, runImport } from '../../src/tasks/index.ts';
import { opened } from './opened.ts';

const [settings = '', file = '', last = '', times = ''] = process.argv.slice(2);
let statements = 0;
const count = () => {
  if (++statements === Number(times || last)) process.kill(process.pid, 'SIGKILL');
};
const engine = await opened(JSON.parse(settings), 'create', ({ sql }) => {
  if (times === '' || sql.includes(last)) count();
});
const context = {
  engine,
  program: 'victim',
  // Bulk loads are not statements of the log: between them is where rows are committed.
  onProgress: () => {
    if (times === '') count();
  },
};
const plan = await planImport(context, { file });
await runImport(context, { file, plan, waitMs: 60_000 });
await engine.close();
