/** A command that cannot be reached by its signal: `reading` or `changing`, blocked for so many milliseconds, then waiting for a file if one is named, else for nothing. */
import { open } from 'node:fs/promises';
import { Interruption } from '../../src/cli/interruption.ts';
import { leave } from '../../src/cli/leaving.ts';

const [, , how, blockedMs, file = ''] = process.argv;
const interruption = new Interruption(() => {});
const keepAlive = setInterval(() => {}, 1_000);

async function work(): Promise<never> {
  process.stdout.write('at work\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(blockedMs));
  if (file !== '') await open(file);
  return new Promise<never>(() => {});
}

try {
  await Promise.race([
    how === 'reading' ? interruption.whileReading(true, work) : work(),
    interruption.overdue,
  ]);
} catch {
  clearInterval(keepAlive);
  process.exitCode = 1;
  leave();
}
