import { plannedVacuumDocument, vacuumDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { planVacuum, runVacuum, type VacuumPlan } from '../../tasks/index.ts';
import { namesIn } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { commandLine } from '../next-words.ts';
import { counted, duration, seconds, wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import { exitOfReclaim, printPlannedReclaim, printReclaim, printSpace } from './space-output.ts';

interface VacuumOptions {
  readonly dryRun?: true;
  readonly timeBudget?: number;
  readonly wait: number;
}

export const dbVacuum: CliCommand<VacuumOptions> = {
  description: `Makes the space of deleted rows usable again, without blocking anybody. On PostgreSQL, VACUUM (ANALYZE) of the tables.
On SQLite, free pages and the write-ahead log of the file are given back in short steps. MySQL and MariaDB do it by
themselves; it is shown what they still have to do.`,
  examples: [
    ['multiflexi-cli db:vacuum', 'all tables'],
    ['multiflexi-cli db:vacuum job artifacts', 'these'],
  ],
  options: (command) => {
    command
      .argument('[tables...]', 'names of tables; SQLite has one file for all')
      .option('--dry-run', 'show what is free and what would be done; change nothing')
      .option('--time-budget <time>', 'stop after this time (90s, 10m, 2h); the next run continues', duration)
      .option(
        '--wait <seconds>',
        'how long to wait for a running purge or reclaim',
        wholeNumber(0, 86_400),
        0,
      );
  },
  run: (options, terminal, [names]) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) => {
      const tables = namesIn(names);
      if (options.dryRun) {
        const plan = await planVacuum(context, tables);
        const diskFree = await context.engine.freeDisk();
        if (terminal.json) terminal.document(plannedVacuumDocument(plan, diskFree, commandLine));
        else {
          printPlannedReclaim({ ...plan, diskFree }, terminal, 'db:vacuum');
          printBacklog(plan, terminal);
        }
        return EXIT.done;
      }
      const outcome = await runVacuum(context, {
        tables,
        waitMs: options.wait * 1000,
        timeBudgetMs: options.timeBudget,
      });
      if (terminal.json) terminal.document(vacuumDocument(outcome, commandLine));
      else {
        printSpace(outcome.report, terminal, false, 'db:vacuum');
        printBacklog(outcome.plan, terminal);
        printReclaim(outcome.result, terminal, 'db:vacuum');
      }
      return exitOfReclaim(outcome.result);
    }),
};

function printBacklog({ backlog }: VacuumPlan, terminal: Terminal): void {
  if (backlog === null) return;
  const itself = 'The server frees deleted rows by itself (purge); there is nothing to do.';
  if (!backlog.visible) {
    const remedy = backlog.remedy === null ? '' : ` To change this: ${backlog.remedy}`;
    terminal.print(`${itself} What it still has to free cannot be seen, ${backlog.why}.${remedy}`);
    return;
  }
  const { transactions, oldest } = backlog.seen;
  const kept =
    transactions === 0
      ? 'No old versions of rows are waiting for it.'
      : `It has yet to free the old versions of rows of ${counted(transactions, 'transaction')}.`;
  terminal.print(`${itself} ${kept}`);
  if (oldest.visible && oldest.seen !== null)
    terminal.print(
      `The oldest open transaction is of ${oldest.seen.whose}, since ${seconds(oldest.seen.seconds * 1000)}; what it may still read is kept.`,
    );
}
