/** A process that purges jobs by their age, for tests that kill it. Its words: settings, the instant, after how many rows to die. */
import { applyPurge, planPurge, sameForAll } from '../../src/cleanup/index.ts';
import { FINISHED } from '../../src/schema/index.ts';
import { opened } from './opened.ts';

const [settings = '', olderThan = '', rows = ''] = process.argv.slice(2);
const engine = await opened(JSON.parse(settings), 'change');
const rule = { keep: null, keepPerTemplate: null, keepLastSuccess: false, olderThan, statuses: FINISHED };
const plan = await planPurge(engine, sameForAll(null, rule, undefined));
await applyPurge(engine, plan, {
  program: 'victim',
  waitMs: 60_000,
  onProgress: ({ deleted }) => {
    if (rows !== '' && deleted >= Number(rows)) process.kill(process.pid, 'SIGKILL');
  },
});
await engine.close();
