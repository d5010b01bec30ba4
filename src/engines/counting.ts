/** What sizes have in common on every engine. */
import { type Kysely, sql } from 'kysely';
import type { TableSize } from './sizes.ts';

/** Counts by reading the smallest index; its time grows with the table. */
export async function countRows(db: Kysely<unknown>, table: string): Promise<number> {
  const { rows } = await sql<{ n: bigint }>`select count(*) as n from ${sql.table(table)}`.execute(db);
  return Number(rows[0]?.n ?? 0n);
}

export function biggestFirst(tables: readonly TableSize[]): TableSize[] {
  return [...tables].sort((a, b) => b.totalBytes - a.totalBytes || a.name.localeCompare(b.name));
}

export function sumOf(tables: readonly TableSize[], pick: (table: TableSize) => number): number {
  return tables.reduce((total, table) => total + pick(table), 0);
}
