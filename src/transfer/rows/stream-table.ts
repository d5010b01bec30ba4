/** A live table as a row stream describes it. */

import type { CatalogTable, Engine } from '../../engines/index.ts';
import { patientCatalogue } from '../../pacing/index.ts';
import {
  columnMissing,
  keyDiffers,
  noPrimaryKey,
  tableMissing,
  typeDiffers,
  unknownType,
  valuesMissing,
} from '../failures.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { kindOf, type Row } from '../row-stream/values.ts';

/**
 * All tables by name, without the columns that the server fills by itself: they come back with the rows, and an INSERT
 * that names them is refused.
 */
export async function writableTables(
  engine: Engine,
  signal?: AbortSignal,
): Promise<Map<string, CatalogTable>> {
  return new Map(
    (await patientCatalogue(engine, signal)).map((table) => {
      const columns = table.columns.filter(({ generated }) => !generated);
      const written = new Set(columns.map(({ name }) => name));
      // System versioning adds the end of a row's time to its key.
      const primaryKey = table.primaryKey.filter((name) => written.has(name));
      return [table.name, { ...table, columns, primaryKey }];
    }),
  );
}

export function streamTableOf({ name, primaryKey, columns }: CatalogTable): RowStreamTable {
  return {
    name,
    key: [...primaryKey],
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
  };
}

/** @throws CANNOT_BE_SAVED */
export function requireSavable(table: RowStreamTable): void {
  const unknown = columnOfUnknownType(table);
  if (table.key.length === 0) throw noPrimaryKey(table.name);
  if (unknown) throw unknownType(table.name, unknown.name, unknown.type);
}

/** A column of a type that no migration uses. */
export function columnOfUnknownType({
  columns,
}: RowStreamTable): RowStreamTable['columns'][number] | undefined {
  return columns.find((column) => kindOf(column) === undefined);
}

/** A saved table as the live one takes it. */
export interface AdaptedTable {
  /** With the live types, and without the columns that are left out. */
  readonly table: RowStreamTable;
  /** Columns of the file that the live table does not have. */
  readonly leftOut: readonly string[];
  /** A row of the file as a row of the table. */
  readonly row: (saved: Row) => Row;
}

export interface Adapting {
  /** The column whose values alone are restored; null for complete rows. */
  readonly part: string | null;
  /** Whether values of columns that no longer exist may be left out; undefined where that cannot be asked for. */
  readonly leaveOutMissing?: boolean | undefined;
}

/**
 * Columns may have become wider since the rows were saved.
 * @throws NOT_MIGRATED where rows of the file cannot be put into the live table
 */
export function adaptedTo(
  live: CatalogTable | undefined,
  { name, key, columns }: RowStreamTable,
  { part, leaveOutMissing }: Adapting,
  where: string,
): AdaptedTable {
  if (!live) throw tableMissing(name, where);
  const found = new Map(live.columns.map((column) => [column.name, column]));
  const mayMiss = (column: string) => leaveOutMissing && !key.includes(column) && column !== part;
  const missing = columns.find((column) => !found.has(column.name) && !mayMiss(column.name));
  if (missing) throw columnMissing(name, missing.name, where, leaveOutMissing === false);
  const kept = columns.flatMap((column, place) => {
    const type = found.get(column.name)?.type;
    return type === undefined ? [] : [{ ...column, place, liveType: type }];
  });
  const unfit = kept.find(({ type, liveType }) => !fits(type, liveType));
  if (unfit)
    throw typeDiffers(
      { table: name, column: unfit.name },
      { saved: unfit.type, live: unfit.liveType },
      where,
    );
  if (live.primaryKey.join() !== key.join())
    throw keyDiffers(name, { saved: key, live: live.primaryKey }, where);
  const saved = new Set(columns.map((column) => column.name));
  const unfilled = live.columns.find(
    (column) => part === null && !column.nullable && column.default === null && !saved.has(column.name),
  );
  if (unfilled) throw valuesMissing(name, unfilled.name, where);
  return {
    table: { name, key, columns: kept.map((column) => ({ name: column.name, type: column.liveType })) },
    leftOut: columns.filter((column) => !found.has(column.name)).map((column) => column.name),
    row: (row) => kept.map(({ place, liveType }) => widened(row[place], liveType)),
  };
}

/** Whether every value of the one type is one of the other. */
function fits(saved: string, live: string): boolean {
  if (saved === live || (saved === 'integer' && live === 'bigint')) return true;
  const [, length] = /^string\((\d+)\)$/.exec(saved) ?? [];
  const [, most] = /^string\((\d+)\)$/.exec(live) ?? [];
  return length !== undefined && (live === 'text' || (most !== undefined && Number(length) <= Number(most)));
}

function widened(value: unknown, type: string): unknown {
  return type === 'bigint' && typeof value === 'number' ? BigInt(value) : value;
}
