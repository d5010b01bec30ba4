/** Exports: what one will have in it, and what it has. */
import type { ExportOutcome, ExportPlan } from '../tasks/index.ts';

export function plannedExportDocument({ form, file, company, encrypted, tables, added, bytes }: ExportPlan) {
  return {
    dry_run: true as const,
    form,
    file,
    encrypted,
    company: companyOf(company),
    tables: tables.map((table) => ({
      table_name: table.name,
      rows: table.rows,
      rows_exact: table.rowsExact,
      bytes: table.bytes,
    })),
    added,
    expected_bytes: bytes,
  };
}

export function exportDocument(outcome: ExportOutcome, recorded: boolean) {
  const { form, file, company, encrypted, tables, rows, bytes, milliseconds } = outcome;
  return {
    dry_run: false as const,
    form,
    file,
    encrypted,
    company: companyOf(company),
    tables: tables.map(({ name, rows: count, digest }) => ({ table_name: name, rows: count, digest })),
    rows,
    bytes,
    milliseconds,
    recorded,
  };
}

function companyOf(company: ExportPlan['company']) {
  return company && { company_id: company.id, slug: company.slug };
}
