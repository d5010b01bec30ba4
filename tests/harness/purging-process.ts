/** A process that purges jobs by their age, for tests that kill it. Its words: settings, the instant, after how many rows to die. */
import { applyPurge, planPurge } from '../../src/cleanup/index.ts';
import { opened } from './opened.ts';
import { jobsOlderThan } from './rule-books.ts';

const [settings = '', olderThan = '', rows = ''] = process.argv.slice(2);
const engine = await opened(JSON.parse(settings), 'change');
const plan = await planPurge(engine, jobsOlderThan(olderThan));
await applyPurge(engine, plan, {
  program: 'victim',
  waitMs: 60_000,
  onProgress: ({ deleted }) => {
    if (rows !== '' && deleted >= Number(rows)) process.kill(process.pid, 'SIGKILL');
  },
});
await engine.close();
