/** Where the live schema is not the one that the applied migrations make. Reads only. */
import type { CatalogTable, Engine, Reference } from '../engines/index.ts';
import { LEASES } from '../leases/index.ts';
import { parentsFirst } from '../schema/index.ts';
import { type Difference, difference } from './difference.ts';
import { expectedTables } from './expected.ts';
import { readLedger } from './ledger/ledger.ts';
import { requireComplete } from './ledger/soundness.ts';
import { LEDGER, STEPS } from './ledger/tables.ts';
import type { Migration } from './migration.ts';
import type { SchemaModel, TableModel } from './model.ts';
import { modelOf } from './model-of.ts';
import { type LeftOut, neighbour } from './neighbours.ts';
import { outsideReferences } from './outside-references.ts';
import { TableComparison } from './table-comparison.ts';
import { IMPORT_MARK } from './unfinished-import.ts';

/** Tables that are ours but of no migration. */
function bookkeeping(engine: Engine): readonly string[] {
  return [LEDGER, STEPS, LEASES, IMPORT_MARK, ...engine.ownTables];
}

export interface Verification {
  readonly differences: readonly Difference[];
  /** Tables that are not compared, and why. */
  readonly leftOut: readonly LeftOut[];
  /** Foreign keys of other tables to ours. */
  readonly outside: readonly Reference[];
}

/** @param except tables that somebody has looked at: what is said of them is no difference */
export async function verifySchema(
  engine: Engine,
  known: readonly Migration[],
  except: readonly string[] = [],
): Promise<Verification> {
  const ours = new Set([...modelOf(known).keys(), ...bookkeeping(engine)]);
  const found = await engine.introspect();
  const outside = await outsideReferences(engine, ours);
  const leftOut = found.flatMap((table) => {
    const { name } = table;
    if (except.includes(name)) return [{ table: name, reason: 'excepted' }];
    if (ours.has(name)) return [];
    if (outside.some(({ schema, table: referring }) => schema === null && referring === name))
      return [{ table: name, reason: 'not ours, and refers to a table of ours' }];
    return neighbour(table, ours) ?? [];
  });
  const names = new Set([...leftOut.map(({ table }) => table), ...except]);
  const differences = await findDrift(engine, known, found);
  return { differences: differences.filter(({ table }) => !names.has(table)), leftOut, outside };
}

/**
 * Against the migrations that are applied; what a pending one makes is neither missing nor extra. By table; then the
 * tables that are missing, in an order in which they can be made; then those that are of no migration.
 */
export async function findDrift(
  engine: Engine,
  known: readonly Migration[],
  catalog?: readonly CatalogTable[],
): Promise<Difference[]> {
  const names = catalog && new Set(catalog.map(({ name }) => name));
  const applied = new Set(
    (await readLedger(engine, names))
      .filter(({ state }) => state === 'applied')
      .map(({ version }) => version),
  );
  const migrations = known.filter(({ version }) => applied.has(version));
  requireComplete(migrations, known);
  const future = modelOf(known);
  return differences(engine, catalog ?? (await engine.introspect()), migrations, known).filter(
    (item) => item.kind !== 'extra' || !isOf(future, item),
  );
}

/** The newest version whose schema this is, table by table and with nothing more of ours; undefined when it is none. */
export async function versionOfSchema(
  engine: Engine,
  known: readonly Migration[],
): Promise<string | undefined> {
  const catalog = await engine.introspect();
  const ours = modelOf(known);
  const foreign = ({ kind, what, table }: Difference) =>
    kind === 'extra' && what === 'table' && !ours.has(table);
  for (let length = known.length; length > 0; length--) {
    const migrations = known.slice(0, length);
    if (differences(engine, catalog, migrations, known).every(foreign)) return migrations.at(-1)?.version;
  }
  return undefined;
}

/** From the schema that these migrations make; what a later one sets right is none. */
function differences(
  engine: Engine,
  catalog: readonly CatalogTable[],
  migrations: readonly Migration[],
  known: readonly Migration[],
): Difference[] {
  const model = modelOf(migrations);
  const found = new Map(catalog.map((table) => [table.name, table]));
  const pending = known.filter((migration) => !migrations.includes(migration));
  const compared = expectedTables(engine, migrations).flatMap((expected) => {
    const table = found.get(expected.name);
    return table ? new TableComparison(engine, model, expected, table).differences() : [];
  });
  const missing = parentsFirst(
    [...model.values()].filter(({ name }) => !found.has(name)),
    ({ name }) => name,
    ({ columns }) => columns.flatMap(({ references }) => references?.table ?? []),
  );
  const own = bookkeeping(engine);
  const extra = [...found.keys()].filter((name) => !model.has(name) && !own.includes(name));
  const all = [
    ...compared,
    ...missing.map((table) => missingTable(engine, table)),
    ...extra.map((name) => difference('extra', 'table', name, null, null, 'a table of no migration')),
  ];
  return all.filter((item) => item.what !== 'check' || !isFixedBy(pending, item));
}

/** Whether a migration that is not applied yet will set this right. */
function isFixedBy(pending: readonly Migration[], { table, name }: Difference): boolean {
  return pending
    .flatMap(({ up }) => up.flatMap(({ fixes }) => fixes ?? []))
    .some((fixed) => fixed.table === table && fixed.column === name);
}

/** Whether a migration that is not applied, or not completely, makes this. */
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
