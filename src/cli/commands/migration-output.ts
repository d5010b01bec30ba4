/** What db:migrate and db:rollback say alike. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DatabaseSize, Engine } from '../../engines/index.ts';
import {
  type AppliedMigration,
  lossToken,
  type MigrationPlan,
  type MigrationProgress,
} from '../../migrations/index.ts';
import { bytes, rows, seconds, wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

const DEFAULT_WAIT_SECONDS = 60;

export interface MigrationOptions {
  readonly target?: string;
  readonly date?: string;
  readonly dryRun?: true;
  readonly fake?: true;
  readonly force?: true;
  readonly acceptChanged?: readonly string[];
  readonly wait: number;
}

/** The options that both ways have. */
export function migrationOptions(command: Command, targetWords: string): Command {
  return waitOption(
    command
      .option('-t, --target <version>', targetWords, version)
      .addOption(
        new Option('-d, --date <date>', 'the same by date: YYYY[MM[DD[HH[II[SS]]]]]').conflicts('target'),
      )
      .option('--dry-run', 'print the statements and what they cost, execute nothing')
      .option('--fake', 'record it in the ledger without executing anything'),
  );
}

/** `0` or fourteen digits: whether there is such a migration is known only with the ledger. */
export function version(text: string): string {
  if (/^(0|\d{14})$/.test(text)) return text;
  throw new InvalidArgumentError('Not a version: it has the form YYYYMMDDHHMMSS, as db:status shows it.');
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
  return ({ event, direction, version: id, name, step, steps, summary }) => {
    if (event === 'begun' && step === 1 && !terminal.json)
      terminal.say(`${direction === 'up' ? 'migrating' : 'reverting'} ${id} ${name}`);
    if (event === 'begun' && terminal.verbose) terminal.say(`  ${step}/${steps} ${summary}`);
    if (event === 'waiting')
      terminal.say(`  ${step}/${steps} ${summary}: another session holds a lock; trying again`);
  };
}

/** @param sizes of the tables, for what a rewrite would write */
export function showPlan(plan: MigrationPlan, engine: Engine, sizes: DatabaseSize, terminal: Terminal): void {
  const tables = new Map(sizes.tables.map((table) => [table.name, table]));
  if (terminal.json) {
    terminal.document({
      dry_run: true,
      direction: plan.direction,
      migrations: plan.migrations.map(({ version: id, name, steps, done, outOfOrder }) => ({
        migration_id: id,
        migration_name: name,
        out_of_order: outOfOrder,
        steps_done: done,
        statements: steps.map(({ sql, summary, impact, session }) => ({
          summary,
          sql,
          session: session
            ? { before: session.before, after: session.after, while_empty: session.whileEmpty }
            : null,
          table_name: impact.table,
          blocks: impact.blocks,
          work: impact.work,
          rows: tables.get(impact.table)?.rows ?? 0,
          bytes: tables.get(impact.table)?.totalBytes ?? 0,
        })),
      })),
      losses: plan.losses,
      confirm: plan.losses.length > 0 ? lossToken(engine, plan.losses) : null,
      accepted: plan.accepted.map(({ version: id }) => id),
    });
    return;
  }
  for (const { version: id, name, steps, done, outOfOrder } of plan.migrations) {
    const notes = [
      plan.direction,
      done > 0 ? `${done} of ${steps.length} steps are done` : '',
      outOfOrder ? 'out of order: a newer one is applied' : '',
    ];
    terminal.print(`-- ${id} ${name} (${notes.filter((note) => note !== '').join(', ')})`);
    for (const { sql, impact, session } of steps.slice(done)) {
      const size = tables.get(impact.table);
      if (size && (impact.blocks !== 'nothing' || impact.work !== 'a moment')) {
        terminal.print(
          `-- ${impact.table} (~${rows(size.rows)} rows, ${bytes(size.totalBytes)}): blocks ${impact.blocks}, takes ${impact.work === 'a moment' ? '' : 'as long as it '}${impact.work}`,
        );
      }
      for (const statement of [session?.before, sql, session?.after])
        if (statement !== undefined) terminal.print(`${statement};`);
    }
  }
  for (const line of lossLines(plan)) terminal.print(`-- ${line}`);
  if (plan.losses.length > 0 && plan.direction === 'down')
    terminal.print(`-- to destroy exactly this: --confirm ${lossToken(engine, plan.losses)}`);
  for (const { version: id } of plan.accepted)
    terminal.print(`-- the steps of ${id} would be recorded as they are now`);
  const nothing = plan.migrations.length + plan.accepted.length === 0;
  terminal.print(nothing ? 'Nothing to do.' : '-- Nothing was executed.');
}

export function lossLines({ losses }: MigrationPlan): string[] {
  return losses.map(({ table, column, values, bytes: size }) =>
    column === null
      ? `table ${table} will be gone with its ${rows(values)} rows (${bytes(size)})`
      : `column ${table}.${column} will be gone with its ${rows(values)} values (${bytes(size)})`,
  );
}

/** @param backup where what was destroyed lies @param accepted versions whose new steps were recorded */
export function showApplied(
  word: string,
  applied: readonly AppliedMigration[],
  terminal: Terminal,
  backup: string | null,
  accepted: readonly string[] = [],
): void {
  if (terminal.json) {
    terminal.document({
      migrations: applied.map(({ version: id, name, milliseconds }) => ({
        migration_id: id,
        migration_name: name,
        milliseconds,
      })),
      accepted,
      backup,
    });
    return;
  }
  for (const { version: id, name, milliseconds } of applied)
    terminal.print(`${word} ${id} ${name} (${seconds(milliseconds)})`);
  for (const id of accepted) terminal.print(`recorded the steps of ${id} as they are now`);
  if (applied.length + accepted.length === 0) terminal.print('Nothing to do.');
}
