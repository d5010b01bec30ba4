import { EXIT } from '../../errors.ts';
import { loadSample, type SampleReport } from '../../sample/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { instant, rows, seconds, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface SampleCommandOptions {
  readonly jobs: number;
  readonly days: number;
  readonly seed: number;
  readonly until?: number;
  readonly force?: true;
}

const DAY_MS = 86_400_000;

export const sampleLoad: CliCommand<SampleCommandOptions> = {
  description: `Fills a migrated database with companies, applications, run templates, jobs, artifacts, log entries, users
and tokens of a made-up installation. The same seed, size and end give the same rows on every engine.
Refuses a database that has jobs, unless told --force, which adds another history to it.`,
  examples: [
    ['multiflexi-cli sample:load --jobs 20000 --days 180 --seed 1', 'half a year of a small installation'],
    [
      'multiflexi-cli sample:load --jobs 1000 --until 2026-01-31',
      'a history that ends at that day, whenever it is loaded',
    ],
  ],
  options: (command) => {
    command
      .option('--jobs <n>', 'how many jobs', wholeNumber(1, 10_000_000), 20_000)
      .option('--days <n>', 'over how many days', wholeNumber(1, 3_650), 180)
      .option('--seed <n>', 'which history', wholeNumber(0, 2_147_483_647), 1)
      .option('--until <date>', 'when the history ends, in UTC (default: the last midnight)', instant)
      .option('--force', 'load into a database that has jobs');
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, 'change', async (engine) => {
      const bar = await terminal.progressBar('loading', 1);
      try {
        const report = await loadSample(engine, {
          jobs: options.jobs,
          days: options.days,
          seed: options.seed,
          until: options.until ?? lastMidnight(),
          force: options.force ?? false,
          signal: terminal.interrupted,
          onProgress: ({ rows: done }) => bar.update(done),
        });
        bar.stop();
        if (terminal.json) terminal.document(document(report));
        else printSample(report, terminal);
        return EXIT.done;
      } finally {
        bar.stop();
      }
    }),
};

/** In UTC, so that everybody loads the same history on the same day. */
export function lastMidnight(): number {
  return Math.floor(Date.now() / DAY_MS) * DAY_MS;
}

function document({ tables, milliseconds }: SampleReport) {
  return {
    milliseconds,
    tables: tables.map(({ table, rows: count }) => ({ table_name: table, rows: count })),
  };
}

export function printSample(report: SampleReport, terminal: Terminal): void {
  const columns = [{ title: 'Table' }, { title: 'Loaded', align: 'right' as const }];
  terminal.print(
    textTable(
      columns,
      report.tables.map(({ table, rows: count }) => [table, rows(count)]),
    ),
  );
  terminal.print(`Loaded in ${seconds(report.milliseconds)}`);
}
