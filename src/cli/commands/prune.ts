import {
  applyPrune,
  type PrunePlan,
  type PruneRequest,
  type PruneResult,
  planPrune,
} from '../../cleanup/index.ts';
import type { Engine } from '../../engines/index.ts';
import { EXIT, MultiFlexiError } from '../../errors.ts';
import { requireMigrated } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { rows, seconds, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface PruneCommandOptions {
  readonly logs?: true;
  readonly jobs?: true;
  readonly keep?: number;
  readonly dryRun?: true;
  readonly wait: number;
}

export const prune: CliCommand<PruneCommandOptions> = {
  description: `Deletes old log entries and finished jobs, and keeps the newest N of each. Jobs that are waiting or running
are never deleted, whatever their age; a deleted job takes its artifacts and its log entries along. Works in
small chunks beside the running platform; after an interruption the same command goes on.`,
  examples: [
    ['multiflexi-cli prune --logs --jobs --keep 10000 --dry-run', 'count what would be deleted'],
    ['multiflexi-cli prune --logs --jobs --keep 10000', 'keep the newest 10,000 of each'],
  ],
  options: (command) => {
    command
      .option('--logs', 'prune log entries')
      .option('--jobs', 'prune finished jobs')
      .option('--keep <n>', 'how many of the newest stay', wholeNumber(0, Number.MAX_SAFE_INTEGER))
      .option('--dry-run', 'count what would be deleted, delete nothing')
      .option(
        '--wait <seconds>',
        'how long to wait for another prune that is running',
        wholeNumber(0, 86_400),
        0,
      );
  },
  run: (options, terminal) => {
    const request = requireRequest(options);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      await requireMigrated(engine);
      const plan = await planPrune(engine, request);
      if (options.dryRun) {
        if (terminal.json) terminal.document(planDocument(plan));
        else printPrunePlan(plan, terminal);
        return EXIT.done;
      }
      const result = await runPrune(engine, plan, options.wait * 1000, terminal);
      if (terminal.json) terminal.document(resultDocument(result));
      else printPruneResult(result, terminal);
      return result.stopped ? EXIT.failed : EXIT.done;
    });
  },
};

/** @throws USAGE: whatever is not said must not be guessed when it is about deleting. */
function requireRequest(options: PruneCommandOptions): PruneRequest {
  const { logs, jobs, keep } = {
    logs: options.logs ?? false,
    jobs: options.jobs ?? false,
    keep: options.keep,
  };
  if (!logs && !jobs) {
    throw new MultiFlexiError('USAGE', 'Nothing is named that is to be pruned.', {
      next: 'Add --logs, --jobs or both.',
    });
  }
  if (keep === undefined) {
    throw new MultiFlexiError('USAGE', 'It is not said how many of the newest rows stay.', {
      next: 'Add --keep with a number.',
    });
  }
  return { logs, jobs, keep };
}

export async function runPrune(
  engine: Engine,
  plan: PrunePlan,
  waitMs: number,
  terminal: Terminal,
): Promise<PruneResult> {
  const total = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  const bar = await terminal.progressBar('pruning', total);
  try {
    return await applyPrune(engine, plan, {
      program: 'prune',
      waitMs,
      signal: terminal.interrupted,
      onProgress: ({ deleted }) => bar.update(deleted),
    });
  } finally {
    bar.stop();
  }
}

function planDocument(plan: PrunePlan) {
  return {
    dry_run: true,
    keep: plan.keep,
    jobs_before: plan.jobsBefore?.at ?? null,
    logs_before: plan.logsBefore?.at ?? null,
    tables: plan.tables.map(({ table, rows: count, withTheirJob }) => ({
      table_name: table,
      rows: count,
      with_their_job: withTheirJob,
    })),
  };
}

export function printPrunePlan(plan: PrunePlan, terminal: Terminal): void {
  const columns = [
    { title: 'Table' },
    { title: 'Would be deleted', align: 'right' as const },
    { title: 'of them with their job', align: 'right' as const },
  ];
  terminal.print(
    textTable(
      columns,
      plan.tables.map((line) => [line.table, rows(line.rows), rows(line.withTheirJob)]),
    ),
  );
  terminal.print('Nothing was deleted.');
}

function resultDocument(result: PruneResult) {
  return {
    dry_run: false,
    stopped: result.stopped,
    milliseconds: result.milliseconds,
    tables: result.tables.map(({ table, rows: count }) => ({ table_name: table, rows: count })),
  };
}

export function printPruneResult(result: PruneResult, terminal: Terminal): void {
  const columns = [{ title: 'Table' }, { title: 'Deleted', align: 'right' as const }];
  terminal.print(
    textTable(
      columns,
      result.tables.map(({ table, rows: count }) => [table, rows(count)]),
    ),
  );
  const total = result.tables.reduce((sum, table) => sum + table.rows, 0);
  terminal.print(`${rows(total)} rows in ${seconds(result.milliseconds)}`);
  if (result.stopped) terminal.say('Interrupted before the end; the same command goes on.');
}
