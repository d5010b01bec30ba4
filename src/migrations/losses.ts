/** What a rollback destroys: counted before anything is done. */

import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { CatalogColumn, Engine } from '../engines/index.ts';
import { patientCatalogue } from '../pacing/index.ts';
import type { Step } from './migration.ts';

export interface Loss {
  readonly table: string;
  /** Null when the table itself is dropped. */
  readonly column: string | null;
  /** Rows of the table, or values of the column that are not null. */
  readonly values: number;
  /** What those values take, by the engine's account of the table for a table, by their length for a column. */
  readonly bytes: number;
}

/**
 * A token that stands for exactly these losses in this database: whoever specifies it has seen them. Other counts, or
 * another database, have another token.
 */
export function lossToken(engine: Engine, losses: readonly Loss[]): string {
  const seen = losses.map(({ table, column, values }) => [table, column, values]);
  return hash('sha256', JSON.stringify([engine.where, seen]), 'hex').slice(0, 8);
}

/** Only what is not empty. Counting reads the table once. */
export async function losses(engine: Engine, steps: readonly Step[], signal?: AbortSignal): Promise<Loss[]> {
  const destroyed = steps.flatMap((step) => step.destroys ?? []);
  if (destroyed.length === 0) return [];
  const tables = new Set(destroyed.filter((loss) => loss.column === undefined).map((loss) => loss.table));
  const present = new Map(
    (await patientCatalogue(engine, signal)).map((table) => [table.name, table.columns]),
  );
  const found: Loss[] = [];
  for (const { table, column } of destroyed) {
    // A column that is dropped with its table is not lost twice; one that an interrupted run has dropped is not lost now.
    if (
      !present.has(table) ||
      (column !== undefined &&
        (tables.has(table) || !present.get(table)?.some(({ name }) => name === column)))
    )
      continue;
    const columns = present.get(table) ?? [];
    const loss =
      column === undefined
        ? await tableLoss(engine, table, columns)
        : await columnLoss(
            engine,
            table,
            column,
            columns.filter(({ name }) => name === column),
          );
    if (loss.values > 0) found.push(loss);
  }
  return found;
}

type Columns = readonly Pick<CatalogColumn, 'name' | 'type'>[];

async function tableLoss(engine: Engine, table: string, columns: Columns): Promise<Loss> {
  return { table, column: null, ...(await measure(engine, table, sql`*`, columns)) };
}

async function columnLoss(engine: Engine, table: string, column: string, columns: Columns): Promise<Loss> {
  return { table, column, ...(await measure(engine, table, sql.ref(column), columns)) };
}

async function measure(engine: Engine, table: string, counted: ReturnType<typeof sql.ref>, columns: Columns) {
  const lengths = columns.map(
    ({ name, type }) => sql`coalesce(octet_length(${engine.asText(name, type)}), 0)`,
  );
  const bytes = lengths.reduce((sum, length) => sql`${sum} + ${length}`);
  const { rows } = await sql<{ n: bigint; bytes: unknown }>`
    select count(${counted}) as n, coalesce(sum(${bytes}), 0) as bytes from ${sql.table(table)}`.execute(
    engine.kysely<unknown>(),
  );
  return { values: Number(rows[0]?.n ?? 0n), bytes: Number(rows[0]?.bytes ?? 0) };
}
