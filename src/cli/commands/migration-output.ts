/** What db:migrate and db:rollback say alike. */
import type { Command } from 'commander';
import type { AppliedMigration, MigrationPlan, MigrationProgress } from '../../migrations/index.ts';
import { rows, seconds, wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

const DEFAULT_WAIT_SECONDS = 60;

export interface MigrationOptions {
  readonly target?: string;
  readonly dryRun?: true;
  readonly wait: number;
}

export function waitOption(command: Command): Command {
  return command.option(
    '--wait <seconds>',
    'how long to wait for another run that holds the lock',
    wholeNumber(0, 86_400),
    DEFAULT_WAIT_SECONDS,
  );
}

export function announce(terminal: Terminal): (progress: MigrationProgress) => void {
  return ({ direction, version, name, step, steps, summary }) => {
    if (step === 1 && !terminal.json)
      terminal.say(`${direction === 'up' ? 'migrating' : 'reverting'} ${version} ${name}`);
    if (terminal.verbose) terminal.say(`  ${step}/${steps} ${summary}`);
  };
}

export function showPlan(plan: MigrationPlan, terminal: Terminal): void {
  if (terminal.json) {
    terminal.document({
      dry_run: true,
      direction: plan.direction,
      migrations: plan.migrations.map(({ version, name, statements, done }) => ({
        migration_id: version,
        migration_name: name,
        steps_done: done,
        statements: statements.map(({ sql, summary }) => ({ summary, sql })),
      })),
      losses: plan.losses,
    });
    return;
  }
  for (const { version, name, statements, done } of plan.migrations) {
    terminal.print(
      `-- ${version} ${name} (${plan.direction})${done > 0 ? `, ${done} of ${statements.length} steps are done` : ''}`,
    );
    for (const { sql } of statements.slice(done)) terminal.print(`${sql};`);
  }
  for (const line of lossLines(plan)) terminal.print(`-- ${line}`);
  terminal.print(plan.migrations.length === 0 ? 'Nothing to do.' : '-- Nothing was executed.');
}

export function lossLines({ losses }: MigrationPlan): string[] {
  return losses.map(({ table, column, values }) =>
    column === null
      ? `table ${table} will be gone with its ${rows(values)} rows`
      : `column ${table}.${column} will be gone with its ${rows(values)} values`,
  );
}

export function showApplied(word: string, applied: readonly AppliedMigration[], terminal: Terminal): void {
  if (terminal.json) {
    terminal.document({
      migrations: applied.map(({ version, name, milliseconds }) => ({
        migration_id: version,
        migration_name: name,
        milliseconds,
      })),
    });
    return;
  }
  for (const { version, name, milliseconds } of applied)
    terminal.print(`${word} ${version} ${name} (${seconds(milliseconds)})`);
  if (applied.length === 0) terminal.print('Nothing to do.');
}
