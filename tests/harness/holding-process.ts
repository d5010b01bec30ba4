/** A process that keeps writers out of a table, says so, and does so until it is ended. */
import { opened } from './opened.ts';

const [settings = '', table = ''] = process.argv.slice(2);
const engine = await opened(JSON.parse(settings), 'change');
await engine.holdWriters({ tables: [table], waitMs: 5_000 });
process.stdout.write('held\n');
setInterval(() => {}, 60_000);
