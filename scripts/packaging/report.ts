/** What the scripts that build packages say. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';

/** A line for each file that was built. @param build fails in words that are for whoever started it */
export async function reportBuilt(build: () => AsyncIterable<string>): Promise<void> {
  try {
    for await (const file of build()) {
      process.stdout.write(`${basename(file)}  ${statSync(file).size.toLocaleString('en')} bytes\n`);
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
