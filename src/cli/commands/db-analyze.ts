import { analyzeDocument, plannedAnalyzeDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { type AnalyzePlan, planAnalyze, runAnalyze } from '../../tasks/index.ts';
import { namesIn } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { counted, seconds } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

interface AnalyzeOptions {
  readonly all?: true;
  readonly dryRun?: true;
}

export const dbAnalyze: CliCommand<AnalyzeOptions> = {
  description: `Makes the query planner's statistics anew. Without names, only for tables that have changed enough by the
engine's own rule. Where its counters say nothing, the samples of table sizes decide. Others read and write meanwhile.`,
  examples: [
    ['multiflexi-cli db:analyze', 'those that need it'],
    ['multiflexi-cli db:analyze --dry-run', 'show which, and why'],
    ['multiflexi-cli db:analyze job artifacts', 'these, whether they need it or not'],
  ],
  options: (command) => {
    command
      .argument('[tables...]', 'names of tables')
      .option('--all', 'all tables, whether they need it or not')
      .option('--dry-run', 'show which need it, and why; change nothing');
  },
  run: (options, terminal, [names]) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) => {
      const request = { tables: namesIn(names), all: options.all };
      if (options.dryRun) {
        const plan = await planAnalyze(context, request);
        if (terminal.json) terminal.document(plannedAnalyzeDocument(plan));
        else printPlan(plan, terminal);
        return EXIT.done;
      }
      const outcome = await runAnalyze(context, request);
      if (terminal.json) terminal.document(analyzeDocument(outcome));
      else {
        for (const { table, milliseconds } of outcome.analyzed)
          terminal.print(`${table}: analyzed in ${seconds(milliseconds)}`);
        for (const { table, reason } of unknownOnes(outcome)) terminal.print(`${table}: ${reason}`);
        if (outcome.analyzed.length === 0) terminal.print('No table needs it.');
      }
      return EXIT.done;
    }),
};

function printPlan(plan: AnalyzePlan, terminal: Terminal): void {
  const chosen = plan.tables.filter((table) => table.chosen);
  for (const { table, reason } of chosen) terminal.print(`${table}: ${reason}`);
  for (const { table, reason } of unknownOnes(plan)) terminal.print(`${table}: unknown. ${reason}`);
  const left = plan.tables.length - chosen.length;
  terminal.print(
    `${counted(chosen.length, 'table')} would be analyzed, ${counted(left, 'table')} left alone. Nothing was changed.`,
  );
}

function unknownOnes({ tables }: AnalyzePlan) {
  return tables.filter(({ freshness, chosen }) => freshness === 'unknown' && !chosen);
}
