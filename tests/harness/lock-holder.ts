/** A process that takes the lock `work`, says so, and holds it until it is ended. */
import { openEngine } from '../../src/engines/index.ts';

const engine = await openEngine(JSON.parse(process.argv[2] ?? ''), 'change');
await engine.lock({ name: 'work', program: 'elsewhere', waitMs: 5_000 });
process.stdout.write('held\n');
setInterval(() => {}, 60_000);
