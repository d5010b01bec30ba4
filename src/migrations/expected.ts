/** What introspection should find after a list of migrations, in the same words it answers in. */
import { type CatalogTable, type ColumnDefinition, type Engine, NOW, typeWord } from '../engines/index.ts';
import type { Migration } from './migration.ts';
import type { TableModel } from './model.ts';
import { modelOf } from './model-of.ts';

/** By name. Native types, whether a column is generated, and names of foreign keys are the engine's own matter and are left out. */
export type ExpectedTable = Omit<CatalogTable, 'columns' | 'foreignKeys'> & {
  readonly columns: readonly Omit<CatalogTable['columns'][number], 'nativeType' | 'generated'>[];
  readonly foreignKeys: readonly Omit<CatalogTable['foreignKeys'][number], 'name'>[];
};

export function expectedTables(engine: Engine, migrations: readonly Migration[]): ExpectedTable[] {
  return [...modelOf(migrations).values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((table) => expectedTable(table, engine));
}

function expectedTable(table: TableModel, engine: Engine): ExpectedTable {
  const { capabilities, storage } = engine;
  return {
    name: table.name,
    owner: null,
    comment: capabilities.comments ? table.comment : null,
    storage,
    columns: table.columns.map((column) => expectedColumn(column, engine)),
    primaryKey: [...table.primaryKey],
    indexes: table.indexes
      .map(({ name, columns, unique }) => ({ name, columns: [...columns], unique }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    foreignKeys: table.columns
      .flatMap(({ name, references }) =>
        references
          ? [
              {
                columns: [name],
                table: references.table,
                targetColumns: [references.column],
                onDelete: references.onDelete,
              },
            ]
          : [],
      )
      .sort((a, b) => (String(a.columns) < String(b.columns) ? -1 : 1)),
  };
}

function expectedColumn(column: ColumnDefinition, engine: Engine): ExpectedTable['columns'][number] {
  return {
    name: column.name,
    type: typeWord(column.type),
    nullable: column.nullable,
    default: defaultWord(column),
    check: engine.ddl.writtenCheck(column),
    comment: engine.capabilities.comments ? column.comment : null,
  };
}

function defaultWord(column: ColumnDefinition): string | null {
  if (column.identity) return 'identity';
  if (column.default === undefined) return null;
  return column.default === NOW ? 'now' : JSON.stringify(column.default);
}
