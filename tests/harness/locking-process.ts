/** A process that takes the lock `work`, says so, runs a statement on the lock's session, and holds the lock until it is ended. */
import { sql } from 'kysely';
import { opened } from './opened.ts';

const [settings = '', statement = ''] = process.argv.slice(2);
const engine = await opened(JSON.parse(settings), 'change');
const lock = await engine.lock({ name: 'work', program: 'elsewhere', waitMs: 5_000 });
process.stdout.write('held\n');
if (statement !== '') await sql.raw(statement).execute(lock.kysely());
setInterval(() => {}, 60_000);
