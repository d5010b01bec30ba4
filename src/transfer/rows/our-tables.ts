/** Which tables hold data that can be moved: those of our migrations, without what is kept about the database itself. */
import type { CatalogForeignKey, CatalogTable, Engine } from '../../engines/index.ts';
import { LEASES } from '../../leases/index.ts';
import { LEDGER, MIGRATIONS, modelOf, neighbour, STEPS } from '../../migrations/index.ts';
import { parentsFirst } from '../../schema/index.ts';
import { writableTables } from './stream-table.ts';

export interface OurTables {
  /** Each after those that it refers to, without the columns that the server fills by itself. */
  readonly tables: readonly CatalogTable[];
  /** All others that hold rows, and that no extension, server or tool is known to have made. */
  readonly unknown: readonly CatalogTable[];
}

/** A table of another program's migrations is unknown, too. Ledger and leases are of this database, not of its data. */
export async function ourTables(engine: Engine): Promise<OurTables> {
  const model = modelOf(MIGRATIONS);
  const aside = new Set([LEDGER, STEPS, LEASES, ...engine.ownTables]);
  const found = [...(await writableTables(engine)).values()].filter(({ name }) => !aside.has(name));
  const names = new Set(found.map(({ name }) => name));
  const ours = found
    .filter(({ name }) => model.has(name))
    .map((table) => ({ ...table, foreignKeys: [...table.foreignKeys, ...missingKeys(table, names)] }));
  return {
    tables: inOrder(ours),
    unknown: found.filter((table) => !model.has(table.name) && !neighbour(table, model.keys())),
  };
}

/** Parents first. */
export function inOrder(tables: readonly CatalogTable[]): readonly CatalogTable[] {
  return parentsFirst(
    tables,
    ({ name }) => name,
    ({ foreignKeys }) => foreignKeys.map(({ table }) => table),
  );
}

/** A foreign key that somebody has dropped still says what the column means. */
function missingKeys(table: CatalogTable, names: ReadonlySet<string>): CatalogForeignKey[] {
  const live = new Set(table.foreignKeys.map(({ columns }) => columns.join()));
  const columns = new Set(table.columns.map(({ name }) => name));
  return (modelOf(MIGRATIONS).get(table.name)?.columns ?? []).flatMap(({ name, references }) =>
    references && columns.has(name) && !live.has(name) && names.has(references.table)
      ? [
          {
            name: null,
            columns: [name],
            table: references.table,
            targetColumns: [references.column],
            onDelete: references.onDelete,
          },
        ]
      : [],
  );
}
