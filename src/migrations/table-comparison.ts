/** One table of the live schema, held against the same table as the migrations make it. */
import { type CatalogTable, type DdlStatement, type Engine, indexName } from '../engines/index.ts';
import { type Difference, difference } from './difference.ts';
import type { ExpectedTable } from './expected.ts';
import type { SchemaModel } from './model.ts';

export class TableComparison {
  private readonly engine: Engine;
  private readonly model: SchemaModel;
  private readonly expected: ExpectedTable;
  private readonly found: CatalogTable;

  constructor(engine: Engine, model: SchemaModel, expected: ExpectedTable, found: CatalogTable) {
    this.engine = engine;
    this.model = model;
    this.expected = expected;
    this.found = found;
  }

  differences(): Difference[] {
    const columns = this.ofColumns();
    // The statements that add a column also make its index and its foreign key.
    const addedColumns = columns.filter(({ fix }) => fix.length > 0).map(({ name }) => name);
    return [
      ...this.ofTable(),
      ...columns,
      ...this.ofIndexes(addedColumns.map((column) => indexName(this.expected.name, [column ?? ''], false))),
      ...this.ofForeignKeys().filter(({ kind, name }) => kind !== 'missing' || !addedColumns.includes(name)),
    ];
  }

  private ofTable(): Difference[] {
    const { name, storage, comment, primaryKey } = this.expected;
    const rows = [
      ['storage', storage, this.found.storage],
      ['comment', comment, this.found.comment],
      ['primary key', primaryKey.join(', '), this.found.primaryKey.join(', ')],
    ] as const;
    return rows.flatMap(([what, expected, found]) =>
      expected === found
        ? []
        : [difference('different', what, name, null, expected, found, this.fixOf(what))],
    );
  }

  /** Of a table's storage only the row format changes no value: the collation and the engine are for a person. */
  private fixOf(what: Difference['what']): readonly DdlStatement[] {
    const { name, storage } = this.expected;
    const rowFormat = what === 'storage' && this.found.storage?.startsWith(`${storage} `);
    return rowFormat ? this.engine.ddl.rewriteRows(name) : [];
  }

  private ofColumns(): Difference[] {
    const { name, columns } = this.expected;
    const definitions = new Map(this.model.get(name)?.columns.map((column) => [column.name, column]));
    return compare(columns, this.found.columns, (column) => column.name).flatMap(
      ([column, expected, found]) => {
        const definition = definitions.get(column);
        if (!found) {
          // One that must have a value and has no default cannot be added to rows that lack it.
          const addable = definition && (definition.nullable || definition.default !== undefined);
          return [
            difference(
              'missing',
              'column',
              name,
              column,
              describeColumn(expected),
              null,
              addable ? this.engine.ddl.addColumn(name, definition) : [],
            ),
          ];
        }
        if (!expected) return [difference('extra', 'column', name, column, null, describeColumn(found))];
        const sides = [describeColumn(expected), describeColumn(found)] as const;
        if (sides[0] !== sides[1]) return [difference('different', 'column', name, column, ...sides)];
        if (expected.check !== found.check)
          return [checkDifference(name, column, expected.check, found.check)];
        return expected.comment === found.comment
          ? []
          : [difference('different', 'comment', name, column, expected.comment, found.comment)];
      },
    );
  }

  /** @param addedColumns indexes that the fix of a missing column makes */
  private ofIndexes(addedColumns: readonly string[]): Difference[] {
    const { name: table, indexes } = this.expected;
    const { ddl } = this.engine;
    return compare(indexes, this.found.indexes, (index) => index.name).flatMap(([name, expected, found]) => {
      const sides = [expected ? describeIndex(expected) : null, found ? describeIndex(found) : null] as const;
      if (sides[0] === sides[1] || (!found && addedColumns.includes(name))) return [];
      const drop = found ? ddl.dropIndex({ ...found, table }) : [];
      const create = expected ? ddl.createIndex({ ...expected, table }, true) : [];
      const kind = !found ? 'missing' : !expected ? 'extra' : 'different';
      return [difference(kind, 'index', table, name, ...sides, [...drop, ...create])];
    });
  }

  private ofForeignKeys(): Difference[] {
    const { name, foreignKeys } = this.expected;
    return compare(foreignKeys, this.found.foreignKeys, (key) => key.columns.join(', ')).flatMap(
      ([columns, expected, found]) => {
        const sides = [expected ? describeKey(expected) : null, found ? describeKey(found) : null] as const;
        if (sides[0] === sides[1]) return [];
        return [
          difference(
            !found ? 'missing' : !expected ? 'extra' : 'different',
            'foreign key',
            name,
            columns,
            ...sides,
          ),
        ];
      },
    );
  }
}

/** Pairs of what has the same name on both sides; what is on one side alone has no partner. */
function compare<E, F>(
  expected: readonly E[],
  found: readonly F[],
  nameOf: (item: E | F) => string,
): [string, E | undefined, F | undefined][] {
  const names = [...new Set([...expected.map(nameOf), ...found.map(nameOf)])];
  return names.map((name) => [
    name,
    expected.find((item) => nameOf(item) === name),
    found.find((item) => nameOf(item) === name),
  ]);
}

function checkDifference(table: string, column: string, expected: string | null, found: string | null) {
  const kind = found === null ? 'missing' : expected === null ? 'extra' : 'different';
  return difference(kind, 'check', table, column, expected, found);
}

function describeColumn(column: ExpectedTable['columns'][number] | undefined): string {
  if (!column) return '';
  return `${column.type}${column.nullable ? '' : ' not null'}${column.default === null ? '' : ` default ${column.default}`}`;
}

function describeIndex({ columns, unique }: CatalogTable['indexes'][number]): string {
  return `${unique ? 'unique ' : ''}(${columns.join(', ')})`;
}

function describeKey({
  table,
  targetColumns,
  onDelete,
}: Omit<CatalogTable['foreignKeys'][number], 'name'>): string {
  return `to ${table} (${targetColumns.join(', ')}) on delete ${onDelete}`;
}
