/** The rows deleted are the rows chosen, or nothing is deleted. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { counted } from '../../written-numbers.ts';
import { among } from '../selection/id-ranges.ts';
import type { Refusal } from './dependent-guard.ts';
import { rowsKept } from './failures.ts';

/** @throws ROWS_KEPT */
export function requireAll(table: string, deleted: number, chosen: number): void {
  if (deleted !== chosen)
    throw rowsKept(
      deleted < chosen
        ? `${deleted > 0 ? 'Only ' : ''}${deleted} of ${counted(chosen, 'row')} of ${table} ${chosen === 1 ? 'was' : 'were'} deleted`
        : `${counted(deleted, 'row was', 'rows were')} deleted from ${table} instead of ${chosen}`,
    );
}

/** @throws ROWS_KEPT */
export function requireNone(table: string, kept: readonly unknown[]): void {
  if (kept.length > 0)
    throw rowsKept(
      `${counted(kept.length, 'row')} of ${table} ${kept.length === 1 ? 'was' : 'were'} not deleted`,
    );
}

/** Where something acts on deletions it may have put rows back. @throws ROWS_KEPT */
export async function requireAbsent(
  engine: Engine,
  db: Kysely<unknown>,
  table: string,
  ids: readonly bigint[],
): Promise<void> {
  const { rows } =
    await sql`select 1 as one from ${sql.table(table)} where ${among(engine, 'id', ids)}`.execute(db);
  if (rows.length > 0)
    throw rowsKept(
      `${counted(rows.length, 'row')} of ${table} ${rows.length === 1 ? 'is' : 'are'} there again`,
    );
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

export async function affected(query: {
  executeTakeFirst(): Promise<{ numDeletedRows: bigint }>;
}): Promise<number> {
  return Number((await query.executeTakeFirst()).numDeletedRows);
}

export function listed(refused: ReadonlyMap<bigint, string>): readonly Refusal[] {
  return [...refused].map(([id, reason]) => ({ id, reason }));
}
