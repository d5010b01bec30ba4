/** The tables whose rows go along: those of the migrations; ledger, leases and what an engine keeps for itself are of each database. */
import type { CatalogTable, Engine } from '../../engines/index.ts';
import { MIGRATIONS, modelOf } from '../../migrations/index.ts';
import { parentsFirst } from '../../schema/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { requireSavable, streamTableOf, writableTables } from '../rows/stream-table.ts';

export interface MovedTable {
  readonly table: RowStreamTable;
  /** Columns of its unique keys, without the primary one. */
  readonly unique: readonly (readonly string[])[];
  /** A row's parent may be a row of the same table. */
  readonly refersToItself: boolean;
}

/** Parents first. @throws CANNOT_BE_SAVED for a column that no migration makes */
export async function movedTables(engine: Engine): Promise<MovedTable[]> {
  const model = modelOf(MIGRATIONS);
  const found = await writableTables(engine);
  const ours = [...model.values()].flatMap(({ name }) => found.get(name) ?? []);
  const parentsOf = ({ name }: CatalogTable) =>
    (model.get(name)?.columns ?? []).flatMap(({ references }) => references?.table ?? []);
  return parentsFirst(ours, ({ name }) => name, parentsOf).map((table) =>
    moved(table, parentsOf(table).includes(table.name)),
  );
}

function moved(found: CatalogTable, refersToItself: boolean): MovedTable {
  const table = streamTableOf(found);
  requireSavable(table);
  return {
    table,
    unique: found.indexes.filter(({ unique }) => unique).map((index) => index.columns),
    refersToItself,
  };
}
