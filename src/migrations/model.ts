/** The schema that a list of migrations makes, without a database: what documents and drift are held against. */
import type { IndexDefinition, TableDefinition } from '../engines/index.ts';

export interface TableModel extends TableDefinition {
  readonly indexes: readonly IndexDefinition[];
}

/** Tables by name; a value that operations turn into the next one. */
export type SchemaModel = ReadonlyMap<string, TableModel>;

/** @throws an Error when the table is not there: a migration that does not follow from those before it. */
export function changed(
  model: SchemaModel,
  table: string,
  change: (table: TableModel) => TableModel,
): SchemaModel {
  const found = model.get(table);
  if (!found) throw new Error(`there is no table ${table} at this point of the migrations`);
  return new Map(model).set(table, change(found));
}
