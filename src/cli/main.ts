/** Where the program starts, and the only place that sets its exit status. */
import { EXIT } from '../errors.ts';
import { leave } from './leaving.ts';
import { runProgram } from './program.ts';

/** The reader has gone (`| head`): the work goes on to its end, without a word. Anything else is a failure. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.exitCode = EXIT.failed;
  if (error.code !== undefined) process.stderr.write(`Error: Cannot write the output (${error.code}).\n`);
}

process.stdout.on('error', onOutputError);
process.stderr.on('error', () => {});

async function main(): Promise<void> {
  const { exit, leftBehind } = await runProgram(process.argv.slice(2));
  process.exitCode ??= exit;
  if (leftBehind) leave();
}

/** Waited for in bin/: Node fails where that never ends, which a promise that nobody waits for would not tell. */
export const ended = main();
