import { InvalidArgumentError } from 'commander';
import { optimizeDocument, plannedOptimizeDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { planOptimize, REBUILD_LIMITS, runOptimize } from '../../tasks/index.ts';
import { namesIn } from '../arguments.ts';
import { confirming } from '../asking.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { bytes, duration, wholeNumber } from '../numbers.ts';
import { printPlannedOptimize, printRebuilt } from './optimize-output.ts';

interface OptimizeOptions {
  readonly dryRun?: true;
  readonly minShare: number;
  readonly minBytes: number;
  readonly lockTimeout: number;
  readonly wait: number;
  readonly toi?: true;
  readonly confirm?: string;
}

export const dbOptimize: CliCommand<OptimizeOptions> = {
  description: `Rebuilds tables, so that their free space goes back to the disk, by the best way the server has: on MySQL and MariaDB
online, on PostgreSQL by REPACK (CONCURRENTLY) from 19 on, else by VACUUM FULL, on SQLite by VACUUM of the whole file. The
plan is shown first: what comes back, the disk space and the lock that it takes, and how long. Without names, only what is
worth it. What blocks writers must be confirmed. No row is deleted.`,
  examples: [
    ['multiflexi-cli db:optimize --dry-run', 'show what would come back, and what that takes'],
    ['multiflexi-cli db:optimize artifacts', 'this table, whether it is worth it or not'],
    ['multiflexi-cli db:optimize --yes', 'what is worth it, without asking'],
  ],
  options: (command) => {
    command
      .argument('[tables...]', 'names of tables; SQLite has one file for all')
      .option('--dry-run', 'show the plan; change nothing')
      .option(
        '--min-share <percent>',
        'rebuild what gives back at least this share of its size',
        wholeNumber(0, 100),
        REBUILD_LIMITS.minShare * 100,
      )
      .option(
        '--min-bytes <size>',
        'and at least so many bytes (500M, 2G)',
        sizeInBytes,
        REBUILD_LIMITS.minBytes,
      )
      .option(
        '--lock-timeout <time>',
        'how long to wait for each table, with everybody else who wants it behind (5s, 1m)',
        duration,
        5_000,
      )
      .option(
        '--wait <seconds>',
        'how long to wait for a running purge or rebuild',
        wholeNumber(0, 86_400),
        0,
      )
      .option('--toi', 'on a Galera cluster, let all nodes wait meanwhile')
      .option('--confirm <token>', 'confirm exactly what was shown with this token');
  },
  run: (options, terminal, [names]) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) => {
      const { minShare, minBytes, lockTimeout, wait, toi, confirm } = options;
      const request = { tables: namesIn(names), limits: { minShare: minShare / 100, minBytes } };
      if (options.dryRun) {
        const plan = await planOptimize(context, request);
        if (terminal.json) terminal.document(plannedOptimizeDocument(plan));
        else {
          printPlannedOptimize(plan, (line) => terminal.print(line));
          terminal.print('Nothing was changed.');
        }
        return EXIT.done;
      }
      let shown = false;
      const outcome = await confirming(
        terminal,
        (confirmed) =>
          runOptimize(context, {
            ...{ ...request, confirmed, toi, lockTimeoutMs: lockTimeout, waitMs: wait * 1000 },
            onPlan: (plan) => {
              if (!shown && !terminal.json) printPlannedOptimize(plan, (line) => terminal.say(line));
              shown = true;
            },
          }),
        confirm === undefined ? [] : [{ kind: 'rebuild', confirmedBy: confirm }],
      );
      if (terminal.json) terminal.document(optimizeDocument(outcome));
      else printRebuilt(outcome, terminal);
      return EXIT.done;
    }),
};

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

function sizeInBytes(text: string): number {
  const [, digits, unit] = /^(\d{1,12})([KMGT]?)$/i.exec(text) ?? [];
  const value = Number(digits ?? Number.NaN) * (UNITS[(unit ?? '').toUpperCase()] ?? Number.NaN);
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(
    `It must be a number of bytes (0, 500M, 2G), as ${bytes(REBUILD_LIMITS.minBytes)} is 64M.`,
  );
}
