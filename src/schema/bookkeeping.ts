/**
 * What maintenance writes for itself: tables, and columns of others. A rollback saves their rows as it saves all others,
 * but nobody has to confirm it: after every purge each rollback would ask.
 */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  'housekeeping_run',
  'housekeeping_duty',
  'size_sample',
  'dismissed_finding',
  'installation',
  'run_template.successful_jobs',
  'run_template.failed_jobs',
]);

/** @param column null for the whole table */
export function isBookkeeping({
  table,
  column,
}: {
  readonly table: string;
  readonly column: string | null;
}): boolean {
  return BOOKKEEPING.has(table) || (column !== null && BOOKKEEPING.has(`${table}.${column}`));
}
