/** What an export will have in it: tables, rows and bytes, as far as that is known before it is made. */
import { sql } from 'kysely';
import type { Engine, TableSize } from '../../engines/index.ts';
import { inSnapshot } from '../snapshot.ts';
import { type CompanyTable, companyRows, companyTables } from './company-rows.ts';
import { jsonNotEncrypted, noTablesOfCompanies } from './failures.ts';
import { type ExportHead, exportHead } from './header.ts';
import { type ChosenTables, type Company, type ExportTables, exportTables } from './selection.ts';

export type ExportForm = 'json' | 'compact';

export interface ExportRequest extends ChosenTables {
  /** Only its rows, and what they refer to; null for all. */
  readonly company: Company | null;
  /** Null for a stream of the caller's, which gets the JSON form. */
  readonly file: string | null;
  readonly encrypted: boolean;
}

export interface PlannedExportTable {
  readonly name: string;
  /** Null where that would take reading all of it. */
  readonly rows: number | null;
  /** Whether they were counted; otherwise it is an estimate. */
  readonly rowsExact: boolean;
  /** What they take in the database; null where that is not known. */
  readonly bytes: number | null;
}

export interface ExportPlan extends Pick<ExportTables, 'added'> {
  readonly form: ExportForm;
  readonly file: string | null;
  readonly company: Company | null;
  readonly encrypted: boolean;
  /** In the order in which they are written. */
  readonly tables: readonly PlannedExportTable[];
  readonly rows: number;
  /** About what the export will take. */
  readonly bytes: number;
  readonly head: ExportHead;
  readonly contents: ExportContents;
}

/** What is read. */
export interface ExportContents {
  readonly tables: ExportTables['tables'];
  readonly ofCompany: { readonly company: Company; readonly tables: readonly CompanyTable[] } | null;
}

/** Bytes of an export for each byte in the database: names of columns and base64 add to the one, compression takes from the other. */
const SHARE = { json: 1.5, compact: 0.25 } as const;

/** Reads only. @throws UNKNOWN_TARGET, USAGE, CANNOT_BE_SAVED, NOT_MIGRATED, FOREIGN_DATABASE */
export async function planExport(engine: Engine, request: ExportRequest): Promise<ExportPlan> {
  const { file, company, encrypted } = request;
  const form = formOf(file);
  if (encrypted && form === 'json') throw jsonNotEncrypted();
  const head = await exportHead(engine, request, company);
  const { tables: chosen, added } = await exportTables(engine, request);
  const ofCompany = company && { company, tables: companyTables(chosen) };
  if (ofCompany) requireTablesOf(ofCompany.tables, request);
  const contents = { tables: ofCompany ? ofCompany.tables.map(({ table }) => table) : chosen, ofCompany };
  const tables = await plannedTables(engine, contents);
  const names = new Set(contents.tables.map(({ name }) => name));
  return {
    ...{ form, file, company, encrypted, head, contents, tables },
    added: added.filter((name) => names.has(name)),
    rows: tables.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    bytes: Math.round(tables.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) * SHARE[form]),
  };
}

/** @throws USAGE */
function requireTablesOf(tables: readonly CompanyTable[], { tables: named }: ChosenTables): void {
  const strange = (named ?? []).filter((name) => !tables.some(({ table }) => table.name === name));
  if (strange.length > 0) throw noTablesOfCompanies(strange);
}

/** A file is compact unless its name says that it is JSON. */
export function formOf(file: string | null): ExportForm {
  return file === null || /\.json$/i.test(file) ? 'json' : 'compact';
}

async function plannedTables(
  engine: Engine,
  { tables, ofCompany }: ExportContents,
): Promise<readonly PlannedExportTable[]> {
  const sizes = new Map((await engine.sizes('cheap')).tables.map((size) => [size.name, size]));
  const whole = tables.map(({ name }) => plannedOf(name, sizes.get(name)));
  if (!ofCompany) return whole;
  return inSnapshot(engine, 1, async ([db]) => {
    const conditions = await companyRows(engine, db, ofCompany.tables, ofCompany.company.id);
    const planned: PlannedExportTable[] = [];
    for (const { name, rows: all, bytes } of whole) {
      const { rows: found } = await sql<{ rows: bigint | number | string }>`
        select count(*) as ${sql.ref('rows')} from ${sql.table(name)} where ${conditions.get(name) ?? sql`1 = 0`}`.execute(
        db,
      );
      const rows = Number(found[0]?.rows ?? 0);
      const share = all === null || all === 0 ? 1 : Math.min(rows / all, 1);
      planned.push({
        ...{ name, rows, rowsExact: true },
        bytes: bytes === null ? null : Math.round(bytes * share),
      });
    }
    return planned;
  });
}

function plannedOf(name: string, size: TableSize | undefined): PlannedExportTable {
  if (!size) return { name, rows: null, rowsExact: false, bytes: null };
  const { rows, rowsExact, dataBytes, overflowBytes } = size;
  return { name, rows, rowsExact, bytes: dataBytes + (overflowBytes ?? 0) };
}
