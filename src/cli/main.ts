/** Where the program starts, and the only place that sets its exit status. */
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2));
