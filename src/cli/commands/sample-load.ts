import { sampleDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { loadSample, type SampleReport } from '../../tasks/index.ts';
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

export const sampleLoad: CliCommand<SampleCommandOptions> = {
  description: `Fills a migrated database with the companies, applications, run templates, jobs, artifacts, log entries, users and
tokens of a made-up installation. The same options give the same rows on every engine. Refuses a database that already
has jobs, unless --force is given.`,
  examples: [
    ['multiflexi-cli sample:load --jobs 20000 --days 180 --seed 1', 'half a year of a small installation'],
    [
      'multiflexi-cli sample:load --jobs 1000 --until 2026-01-31',
      'a history that ends on that day, whenever it is loaded',
    ],
  ],
  options: (command) => {
    command
      .option('--jobs <n>', 'number of jobs', wholeNumber(1, 10_000_000), 20_000)
      .option('--days <n>', 'number of days they are spread over', wholeNumber(1, 3_650), 180)
      .option('--seed <n>', 'seed: another number gives another history', wholeNumber(0, 2_147_483_647), 1)
      .option('--until <date>', 'when the history ends, in UTC (default: the last midnight)', instant)
      .option('--force', 'add it to a database that already has jobs');
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, 'change', async (context) => {
      const { jobs, days, seed, until, force } = options;
      const report = await loadSample(context, { jobs, days, seed, until, force });
      if (terminal.json) terminal.document(sampleDocument(report));
      else printSample(report, terminal);
      return EXIT.done;
    }),
};

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
