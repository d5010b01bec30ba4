/** Where the live schema is not the one that the applied migrations make. Reads only. */
import { type CatalogTable, type DdlStatement, type Engine, indexName } from '../engines/index.ts';
import { type ExpectedTable, expectedTables } from './expected.ts';
import { readLedger } from './ledger.ts';
import { LEDGER, STEPS } from './ledger-tables.ts';
import type { Migration } from './migration.ts';
import { modelOf, type SchemaModel, type TableModel } from './model.ts';

export interface Difference {
  readonly kind: 'missing' | 'extra' | 'different';
  readonly what: 'table' | 'column' | 'primary key' | 'index' | 'foreign key' | 'storage' | 'comment';
  readonly table: string;
  /** The column's, index's or foreign key column's name; null for the table itself. */
  readonly name: string | null;
  readonly expected: string | null;
  readonly found: string | null;
  /** What would mend it; none where that would destroy data or is to be decided by a person. */
  readonly fix: readonly DdlStatement[];
}

/** Tables that are ours but of no migration. */
const BOOKKEEPING = [LEDGER, STEPS, 'multiflexi_lock'];

/**
 * Against the migrations that are applied; what a pending one makes is neither missing nor extra. By table; then the
 * tables that are missing, in an order in which they can be made; then those that are of no migration.
 */
export async function findDrift(engine: Engine, known: readonly Migration[]): Promise<Difference[]> {
  const applied = new Set(
    (await readLedger(engine)).filter(({ state }) => state === 'applied').map(({ version }) => version),
  );
  const migrations = known.filter(({ version }) => applied.has(version));
  const model = modelOf(migrations);
  const found = new Map((await engine.introspect()).map((table) => [table.name, table]));
  const compared = expectedTables(engine, migrations).flatMap((expected) => {
    const table = found.get(expected.name);
    return table ? new TableComparison(engine, model, expected, table).differences() : [];
  });
  const missing = parentsFirst([...model.values()].filter(({ name }) => !found.has(name)));
  const extra = [...found.keys()].filter((name) => !model.has(name) && !BOOKKEEPING.includes(name));
  const all = [
    ...compared,
    ...missing.map((table) => missingTable(engine, table)),
    ...extra.map((name) => difference('extra', 'table', name, null, null, 'a table of no migration')),
  ];
  const future = modelOf(known);
  return all.filter((item) => item.kind !== 'extra' || !isOf(future, item));
}

/** A table after those that it refers to; a later migration may have made it refer to a younger one. */
function parentsFirst(tables: readonly TableModel[]): TableModel[] {
  const left = [...tables];
  const ordered: TableModel[] = [];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name));
    const ready = left.findIndex(({ name, columns }) =>
      columns.every(
        ({ references }) => !references || references.table === name || !waiting.has(references.table),
      ),
    );
    // In a circle none is ready: any of them comes first, and its statement will say what it lacks.
    ordered.push(...left.splice(Math.max(ready, 0), 1));
  }
  return ordered;
}

/** Whether a migration that is not applied, or not wholly, makes this. */
function isOf(model: SchemaModel, { what, table: name, name: item }: Difference): boolean {
  const table = model.get(name);
  if (!table || what === 'table') return table !== undefined;
  if (what === 'index') return table.indexes.some((index) => index.name === item);
  return table.columns.some(
    (column) => column.name === item && (what === 'column' || column.references !== undefined),
  );
}

function missingTable({ ddl }: Engine, table: TableModel): Difference {
  const fix = [...ddl.createTable(table), ...table.indexes.flatMap((index) => ddl.createIndex(index, false))];
  return difference('missing', 'table', table.name, null, 'a table', null, fix);
}

class TableComparison {
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
    // The statements that add a column bring its index and its foreign key along.
    const brought = columns.filter(({ fix }) => fix.length > 0).map(({ name }) => name);
    return [
      ...this.ofTable(),
      ...columns,
      ...this.ofIndexes(brought.map((column) => indexName(this.expected.name, [column ?? ''], false))),
      ...this.ofForeignKeys().filter(({ kind, name }) => kind !== 'missing' || !brought.includes(name)),
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
      expected === found ? [] : [difference('different', what, name, null, expected, found)],
    );
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
              columnWords(expected),
              null,
              addable ? this.engine.ddl.addColumn(name, definition) : [],
            ),
          ];
        }
        if (!expected) return [difference('extra', 'column', name, column, null, columnWords(found))];
        const words = [columnWords(expected), columnWords(found)] as const;
        if (words[0] !== words[1]) return [difference('different', 'column', name, column, ...words)];
        return expected.comment === found.comment
          ? []
          : [difference('different', 'comment', name, column, expected.comment, found.comment)];
      },
    );
  }

  /** @param brought by the fix of a column that is missing */
  private ofIndexes(brought: readonly string[]): Difference[] {
    const { name: table, indexes } = this.expected;
    const { ddl } = this.engine;
    return compare(indexes, this.found.indexes, (index) => index.name).flatMap(([name, expected, found]) => {
      const words = [expected ? indexWords(expected) : null, found ? indexWords(found) : null] as const;
      if (words[0] === words[1] || (!found && brought.includes(name))) return [];
      const drop = found ? ddl.dropIndex({ ...found, table }) : [];
      const create = expected ? ddl.createIndex({ ...expected, table }, true) : [];
      const kind = !found ? 'missing' : !expected ? 'extra' : 'different';
      return [difference(kind, 'index', table, name, ...words, [...drop, ...create])];
    });
  }

  private ofForeignKeys(): Difference[] {
    const { name, foreignKeys } = this.expected;
    return compare(foreignKeys, this.found.foreignKeys, (key) => key.columns.join(', ')).flatMap(
      ([columns, expected, found]) => {
        const words = [expected ? keyWords(expected) : null, found ? keyWords(found) : null] as const;
        if (words[0] === words[1]) return [];
        return [
          difference(
            !found ? 'missing' : !expected ? 'extra' : 'different',
            'foreign key',
            name,
            columns,
            ...words,
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

function columnWords(column: ExpectedTable['columns'][number] | undefined): string {
  if (!column) return '';
  return `${column.type}${column.nullable ? '' : ' not null'}${column.default === null ? '' : ` default ${column.default}`}`;
}

function indexWords({ columns, unique }: CatalogTable['indexes'][number]): string {
  return `${unique ? 'unique ' : ''}(${columns.join(', ')})`;
}

function keyWords({
  table,
  targetColumns,
  onDelete,
}: Omit<CatalogTable['foreignKeys'][number], 'name'>): string {
  return `to ${table} (${targetColumns.join(', ')}) on delete ${onDelete}`;
}

function difference(
  kind: Difference['kind'],
  what: Difference['what'],
  table: string,
  name: string | null,
  expected: string | null,
  found: string | null,
  fix: readonly DdlStatement[] = [],
): Difference {
  return { kind, what, table, name, expected, found, fix };
}
