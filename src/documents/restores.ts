/** Rows that are put back, from an archive or from what a change of the schema has destroyed. */
import type {
  PlannedArchiveRestore,
  PlannedRollbackRestore,
  RestoredPart,
  RestoredTable,
} from '../tasks/index.ts';
import { confirmationsOf } from './confirmations.ts';

export function plannedArchiveRestoreDocument({ plan, differences, consents }: PlannedArchiveRestore) {
  return {
    dry_run: true as const,
    archive: plan.place.name,
    source: plan.catalogue.source,
    differences,
    missing_jobs: plan.missing,
    left_out_columns: plan.leftOut,
    tables: plan.tables.map(({ table, rows }) => ({ table_name: table, rows })),
    needs_confirmation: confirmationsOf(consents),
  };
}

export function archiveRestoreDocument(tables: readonly RestoredTable[]) {
  return {
    dry_run: false as const,
    tables: tables.map((line) => ({ table_name: line.table, rows: line.rows, ...countsOf(line) })),
  };
}

export function plannedRollbackRestoreDocument(plan: PlannedRollbackRestore) {
  return {
    dry_run: true as const,
    file: plan.file,
    created: plan.created,
    program_version: plan.program,
    source: plan.source,
    differences: plan.differences,
    parts: plan.parts.map(({ table, column, rows }) => ({ table, column, rows })),
    needs_confirmation: confirmationsOf(plan.consents),
  };
}

export function rollbackRestoreDocument(parts: readonly RestoredPart[]) {
  return {
    dry_run: false as const,
    parts: parts.map((part) => ({
      table: part.table,
      column: part.column,
      rows: part.rows,
      ...countsOf(part),
    })),
  };
}

function countsOf({
  restored,
  present,
  conflicts,
  conflictKeys,
  conflictReasons,
}: Pick<RestoredTable, 'restored' | 'present' | 'conflicts' | 'conflictKeys' | 'conflictReasons'>) {
  return {
    restored,
    present,
    conflicts,
    conflict_keys: conflictKeys,
    conflict_reasons: conflictReasons,
  };
}
