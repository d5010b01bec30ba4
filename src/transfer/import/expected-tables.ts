/** Whether a file's tables are those of a schema that our migrations make, and in an order in which they can be loaded. */
import type { ColumnDefinition } from '../../engines/index.ts';
import { typeWord } from '../../engines/index.ts';
import { type Migration, modelOf, type SchemaModel, type TableModel } from '../../migrations/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import type { ExportContents } from './export-file.ts';
import { fileOfOtherMigrations, newerExport, notOurColumns, notOurTable, tablesMixed } from './failures.ts';

/** The schema that the file's rows are of. @throws NOT_MIGRATED for a file of a newer program, or of other migrations */
export function schemaOf(
  file: string,
  { schema, program }: ExportContents,
  known: readonly Migration[],
): SchemaModel {
  const versions = known.map(({ version }) => version);
  const unknown = schema.migrations.find((version) => !versions.includes(version));
  const newest = versions.at(-1) ?? '';
  if (unknown !== undefined)
    throw unknown > newest ? newerExport(file, program, unknown) : fileOfOtherMigrations(file, unknown);
  const upTo = known.filter(({ version }) => version <= schema.version);
  const missing = upTo.find(({ version }) => !schema.migrations.includes(version));
  if (missing || upTo.at(-1)?.version !== schema.version || upTo.length !== schema.migrations.length)
    throw fileOfOtherMigrations(file, missing?.version ?? schema.version);
  return modelOf(upTo);
}

/** @returns the tables of the schema, in the order of the file's @throws NOT_MIGRATED */
export function requireOurTables(
  file: string,
  tables: readonly RowStreamTable[],
  schema: SchemaModel,
): readonly TableModel[] {
  const before = new Set<string>();
  const names = new Set(tables.map(({ name }) => name));
  if (names.size !== tables.length) throw tablesMixed(file);
  return tables.map((table) => {
    const model = schema.get(table.name);
    if (!model) throw notOurTable(file, table.name);
    requireOurColumns(file, table, model);
    const later = parentsOf(model).find((parent) => names.has(parent) && !before.has(parent));
    if (later !== undefined) throw tablesMixed(file);
    before.add(table.name);
    return model;
  });
}

/** The tables that it refers to, but for itself. */
export function parentsOf({ name, columns }: TableModel): readonly string[] {
  return columns.flatMap(({ references }) =>
    references && references.table !== name ? [references.table] : [],
  );
}

function requireOurColumns(file: string, table: RowStreamTable, model: TableModel): void {
  const wanted = new Map(model.columns.map((column) => [column.name, typeWord(column.type)]));
  const names = new Set(table.columns.map(({ name }) => name));
  const strange = table.columns.find(({ name, type }) => wanted.get(name) !== type);
  if (strange) throw notOurColumns(file, table.name, strange.name);
  const missing = [...wanted.keys()].find((name) => !names.has(name));
  if (missing !== undefined || names.size !== table.columns.length)
    throw notOurColumns(file, table.name, missing ?? 'the same column twice');
  if (table.key.join() !== model.primaryKey.join()) throw notOurColumns(file, table.name, table.key.join());
}

export function definitionsOf(table: RowStreamTable, model: TableModel): readonly ColumnDefinition[] {
  const byName = new Map(model.columns.map((column) => [column.name, column]));
  return table.columns.flatMap(({ name }) => byName.get(name) ?? []);
}
