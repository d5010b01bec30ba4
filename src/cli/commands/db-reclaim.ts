import type { Engine } from '../../engines/index.ts';
import { EXIT } from '../../errors.ts';
import { compareSpace, planReclaim, type ReclaimPlan } from '../../maintenance/index.ts';
import { requireMigrated } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { bytes, duration, wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import {
  exitOf,
  printRemedies,
  printReport,
  printStopped,
  reclaimDocument,
  remedyDocument,
  reportDocument,
  runReclaim,
} from './space-report.ts';

interface ReclaimCommandOptions {
  readonly dryRun?: true;
  readonly timeBudget?: number;
  readonly wait: number;
}

export const dbReclaim: CliCommand<ReclaimCommandOptions> = {
  description: `Gives the space that purges have freed back, as far as that stops nobody: on SQLite free pages and the
write-ahead log go back to the disk, in slices of 25 ms at most; on PostgreSQL VACUUM makes deleted rows free to be used
again. What is left, and everything on MySQL and MariaDB, takes a lock or a second copy of a table: it is named with
both, and for you to decide. After an interruption the same command goes on.`,
  examples: [
    ['multiflexi-cli db:reclaim --dry-run', 'what is free, what would be done, and what else there is'],
    ['multiflexi-cli db:reclaim --time-budget 10m', 'for ten minutes at most'],
  ],
  options: (command) => {
    command
      .option('--dry-run', 'say what is free and how to get it, change nothing')
      .option('--time-budget <time>', 'end after 90s, 10m or 2h; the next run goes on', duration)
      .option(
        '--wait <seconds>',
        'how long to wait for a purge or another reclaim that is running',
        wholeNumber(0, 86_400),
        0,
      );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      await requireMigrated(engine);
      const plan = await planReclaim(engine);
      if (options.dryRun) {
        await showPlan(engine, plan, terminal);
        return EXIT.done;
      }
      const result = await runReclaim('db:reclaim', engine, plan, options, terminal);
      const report = await compareSpace(engine, result.before, result.before, result.after);
      if (terminal.json) {
        terminal.document({
          dry_run: false,
          ...reclaimDocument(result),
          space: reportDocument(report),
        });
      } else {
        printReport(report, terminal, false);
        printStopped(result, terminal);
      }
      return exitOf(result);
    }),
};

async function showPlan(
  engine: Engine,
  { use, ours, others }: ReclaimPlan,
  terminal: Terminal,
): Promise<void> {
  const diskFree = await engine.freeDisk();
  if (terminal.json) {
    terminal.document({
      dry_run: true,
      reclaimable_bytes: use.freeBytes,
      estimated: use.estimated,
      disk_free_bytes: diskFree,
      how: [...ours, ...others].map(remedyDocument),
      notes: use.notes,
    });
    return;
  }
  const about = use.estimated ? 'about ' : '';
  terminal.print(`Free inside: ${use.freeBytes === null ? 'not known' : `${about}${bytes(use.freeBytes)}`}`);
  for (const note of use.notes) terminal.print(`  ${note}`);
  printRemedies([...ours, ...others], diskFree, terminal);
  terminal.print(
    ours.length > 0 ? 'Nothing was changed.' : 'There is nothing that db:reclaim would do here.',
  );
}
