/** The tables whose rows go along to another database: all of {@link ourTables}, and what keeps one of them from being moved. */
import type { CatalogTable, Engine } from '../../engines/index.ts';
import { MIGRATIONS, modelOf } from '../../migrations/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { ourTables } from '../rows/our-tables.ts';
import { columnOfUnknownType, streamTableOf } from '../rows/stream-table.ts';

export interface MovedTable {
  readonly table: RowStreamTable;
  /** Columns of its unique keys, without the primary one. */
  readonly unique: readonly (readonly string[])[];
  /** A row's parent may be a row of the same table. */
  readonly refersToItself: boolean;
}

export interface MovedTables {
  /** Parents first. */
  readonly tables: readonly MovedTable[];
  /** Why others of ours cannot be moved: sentences without a full stop. */
  readonly faults: readonly string[];
}

export async function movedTables(engine: Engine): Promise<MovedTables> {
  const tables: MovedTable[] = [];
  const faults: string[] = [];
  const model = modelOf(MIGRATIONS);
  for (const found of (await ourTables(engine)).tables) {
    // A column that no migration makes has no place in the other database: whether it may stay behind is the preflight's matter.
    const ours = new Set(model.get(found.name)?.columns.map(({ name }) => name));
    const table = streamTableOf({ ...found, columns: found.columns.filter(({ name }) => ours.has(name)) });
    const fault = faultOf(table);
    if (fault === undefined)
      tables.push({ table, unique: uniqueKeysOf(found), refersToItself: refersToItself(found) });
    else faults.push(fault);
  }
  return { tables, faults };
}

function faultOf(table: RowStreamTable): string | undefined {
  if (table.key.length === 0) return `the table ${table.name} has no primary key`;
  const unknown = columnOfUnknownType(table);
  return (
    unknown && `the column ${table.name}.${unknown.name} has a type that no migration uses (${unknown.type})`
  );
}

function uniqueKeysOf({ indexes }: CatalogTable): readonly (readonly string[])[] {
  return indexes.filter(({ unique }) => unique).map(({ columns }) => columns);
}

function refersToItself({ name, foreignKeys }: CatalogTable): boolean {
  return foreignKeys.some(({ table }) => table === name);
}
