/** What is wrong with a ledger that somebody has edited. */
import { MultiFlexiError } from '../../errors.ts';
import { type NextStep, step } from '../../next-step.ts';
import { counted } from '../../written-numbers.ts';

/** The migration whose row or steps are damaged. */
interface Named {
  readonly version: string;
  readonly name: string;
}

type Direction = 'up' | 'down';

export function invalidVersion(row: Named): MultiFlexiError {
  return damaged(row, 'this is not a version');
}

export function invalidState(row: Named, state: string): MultiFlexiError {
  return damaged(row, `its state is ${state}`);
}

export function invalidDirection(row: Named, direction: string): MultiFlexiError {
  return damaged(row, `its direction is ${direction}`);
}

export function impossibleProgress(row: Named, done: number, steps: number): MultiFlexiError {
  return damaged(
    row,
    `${done} of its ${counted(steps, 'step')} ${done === 1 ? 'is' : 'are'} recorded as done`,
  );
}

/** @param place of the step, from 1 */
export function stepMissing(row: Named, direction: Direction, place: number): MultiFlexiError {
  return damaged(row, `step ${place} ${direction} is missing`);
}

export function stepEdited(row: Named, direction: Direction, place: number): MultiFlexiError {
  return damaged(row, `step ${place} ${direction} is not the one that was recorded`);
}

export function stepUnreadable(row: Named, direction: Direction, place: number): MultiFlexiError {
  return damaged(row, `what step ${place} ${direction} affects cannot be read`);
}

export function stepsMissing(
  row: Named,
  direction: Direction,
  found: number,
  recorded: number,
): MultiFlexiError {
  return damaged(row, `it has ${found} of ${counted(recorded, 'step')} ${direction}`);
}

function damaged({ version, name }: Named, fault: string): MultiFlexiError {
  return ledgerDamaged(
    `The ledger of migrations is damaged at ${version} ${name}: ${fault}; nothing was done.`,
    step`Somebody has edited multiflexi_migration or multiflexi_migration_step. Restore the row from a backup of the database; ${{ action: 'verify' }} shows what the schema lacks.`,
  );
}

/** @param maker of the table that the migration needs; undefined when this program does not have it */
export function rowDeleted(
  { version, name }: Named,
  table: string,
  maker: Named | undefined,
): MultiFlexiError {
  const made = maker
    ? `migration ${maker.version} ${maker.name}`
    : 'a migration that this program does not have';
  const restore = 'restore the row from a backup of the database.';
  const next = maker
    ? step`Somebody has deleted a row of multiflexi_migration. If the table is intact, record ${maker.version} without running it (${{ action: 'migrate', inputs: [{ input: 'fake' }, { input: 'target', value: maker.version }] }}); otherwise ${restore}`
    : step`Somebody has deleted a row of multiflexi_migration: ${restore}`;
  return ledgerDamaged(
    `The ledger of migrations is damaged: ${version} ${name} is applied and needs the table ${table} of ${made}, which is not applied; nothing was done.`,
    next,
  );
}

function ledgerDamaged(message: string, next: NextStep): MultiFlexiError {
  return new MultiFlexiError('LEDGER_DAMAGED', message, { next });
}

/** What an unrecorded schema is said to lack. */
export function ledgerIsMissing(ledger: string): string {
  return `Our tables exist, but not ${ledger}`;
}

export function tableExists(table: string, ledger: string, { version, name }: Named): string {
  return `Table ${table} exists, but ${ledger} has no migration ${version} ${name}, which makes it`;
}
