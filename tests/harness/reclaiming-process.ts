/** A process that gives free space back, for tests that kill it; says when it does. Its words: settings, after how many bytes to die. */
import { applyReclaim, planReclaim } from '../../src/maintenance/index.ts';
import { opened } from './opened.ts';

const [settings = '', bytes = ''] = process.argv.slice(2);
const engine = await opened(JSON.parse(settings), 'change');
await applyReclaim(engine, await planReclaim(engine), {
  program: 'victim',
  waitMs: 60_000,
  onProgress: (done) => {
    process.stdout.write(`${done}\n`);
    if (bytes !== '' && done >= Number(bytes)) process.kill(process.pid, 'SIGKILL');
  },
});
await engine.close();
