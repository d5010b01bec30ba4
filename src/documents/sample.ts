import type { SampleReport } from '../tasks/index.ts';

/** What a sample has filled. */
export function sampleDocument({ milliseconds, tables }: SampleReport) {
  return { milliseconds, tables: tables.map(({ table, rows }) => ({ table_name: table, rows })) };
}
