/** Changes of the schema for people: what would run and be destroyed, and what was changed. */
import { lossTexts, type MigrationsOutcome, type PlannedMigrations } from '../../tasks/index.ts';
import { bytes, counted, seconds } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

export function printPlannedMigrations(planned: PlannedMigrations, terminal: Terminal): void {
  const { plan, lossToken } = planned;
  for (const migration of plan.migrations) printMigration(migration, planned, terminal);
  for (const line of lossTexts(plan.losses)) terminal.print(`-- destroys ${line}`);
  if (lossToken !== null && plan.direction === 'down')
    terminal.print(`-- to confirm exactly these losses: --confirm ${lossToken}`);
  for (const { version } of plan.accepted) terminal.print(`-- the new steps of ${version} would be recorded`);
  const nothing = plan.migrations.length + plan.accepted.length === 0;
  terminal.print(nothing ? 'Nothing to do.' : '-- Nothing was executed.');
}

function printMigration(
  { version, name, steps, done, outOfOrder }: PlannedMigrations['plan']['migrations'][number],
  { plan, sizes }: PlannedMigrations,
  terminal: Terminal,
): void {
  const notes = [
    plan.direction,
    done > 0 ? `${done} of ${counted(steps.length, 'step')} done` : '',
    outOfOrder ? 'out of order: a newer one is applied' : '',
  ];
  terminal.print(`-- ${version} ${name} (${notes.filter((note) => note !== '').join(', ')})`);
  for (const { sql, impact, session } of steps.slice(done)) {
    const size = sizeText(sizes, impact.table);
    if (size && (impact.blocks !== 'nothing' || impact.work !== 'a moment'))
      terminal.print(`-- ${impact.table} (${size}): blocks ${impact.blocks}; ${WORK[impact.work]}`);
    for (const statement of [session?.before, sql, session?.after])
      if (statement !== undefined) terminal.print(`${statement};`);
  }
}

/** @returns undefined for a table that does not exist yet */
function sizeText({ tables, unmeasured }: PlannedMigrations['sizes'], table: string): string | undefined {
  const size = tables.find(({ name }) => name === table);
  if (size) return `~${counted(size.rows, 'row')}, ${bytes(size.totalBytes)}`;
  return unmeasured.some(({ name }) => name === table) ? 'size unknown' : undefined;
}

const WORK = {
  'a moment': 'takes a moment',
  'reads all rows': 'reads the whole table',
  'rewrites all rows': 'rewrites the whole table',
} as const;

/** @param done what was done with them: migrated, reverted, recorded */
export function printMigrations(
  { migrations, accepted }: MigrationsOutcome,
  done: string,
  terminal: Terminal,
): void {
  for (const { version, name, milliseconds } of migrations)
    terminal.print(`${done} ${version} ${name} (${seconds(milliseconds)})`);
  for (const version of accepted) terminal.print(`recorded the new steps of ${version}`);
  if (migrations.length + accepted.length === 0) terminal.print('Nothing to do.');
}
