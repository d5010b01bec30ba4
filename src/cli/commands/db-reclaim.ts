import { plannedReclaimDocument, reclaimDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { planReclaim, runReclaim } from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { commandLine } from '../next-words.ts';
import { duration, wholeNumber } from '../numbers.ts';
import { exitOfReclaim, printPlannedReclaim, printReclaim, printSpace } from './space-output.ts';

interface ReclaimCommandOptions {
  readonly dryRun?: true;
  readonly timeBudget?: number;
  readonly wait: number;
}

export const dbReclaim: CliCommand<ReclaimCommandOptions> = {
  description: `Gives free space back to the disk, as far as that blocks nobody. On SQLite, free pages and the write-ahead log are
given back, in slices of at most 25 ms. On PostgreSQL, VACUUM makes the space of deleted rows reusable. Everything else,
and everything on MySQL and MariaDB, needs a lock or a second copy of a table: it is shown with both, for you to decide.
After an interruption, the same command continues.`,
  examples: [
    ['multiflexi-cli db:reclaim --dry-run', 'show what is free, and how to get it back'],
    ['multiflexi-cli db:reclaim --time-budget 10m', 'for at most ten minutes'],
  ],
  options: (command) => {
    command
      .option('--dry-run', 'show what is free and how to get it back; change nothing')
      .option('--time-budget <time>', 'stop after this time (90s, 10m, 2h); the next run continues', duration)
      .option(
        '--wait <seconds>',
        'how long to wait for a running purge or reclaim',
        wholeNumber(0, 86_400),
        0,
      );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) => {
      if (options.dryRun) {
        const plan = await planReclaim(context);
        if (terminal.json) terminal.document(plannedReclaimDocument(plan, commandLine));
        else printPlannedReclaim(plan, terminal);
        return EXIT.done;
      }
      const waitMs = options.wait * 1000;
      const outcome = await runReclaim(context, { waitMs, timeBudgetMs: options.timeBudget });
      if (terminal.json) terminal.document(reclaimDocument(outcome, commandLine));
      else {
        printSpace(outcome.report, terminal, false);
        printReclaim(outcome.result, terminal);
      }
      return exitOfReclaim(outcome.result);
    }),
};
