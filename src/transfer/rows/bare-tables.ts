/**
 * Tables without their indexes and foreign keys while very many rows are loaded into them: one index made of all rows, and one look at all
 * references, cost a fraction of what each row would. What a table should have is known from the migrations, and nothing remembers what
 * was dropped: so whoever comes after a load that was killed completes the tables as well.
 */
import { type Kysely, sql } from 'kysely';
import type { CatalogTable, Engine } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { type Fence, fencedTransaction } from '../../leases/index.ts';
import type { TableModel } from '../../migrations/index.ts';
import { patientCatalogue } from '../../pacing/index.ts';

export interface BareTablesOptions {
  readonly signal?: AbortSignal | undefined;
  /** Held by each transaction that changes a table. */
  readonly fence?: Fence | undefined;
}

/** With fewer rows of a table nothing is gained. */
export const MANY_ROWS = 20_000;

/**
 * Drops what these tables are better loaded without: only of those that have no rows, and never a unique index, which refuses the row
 * that is there twice. {@link completeTables} is called behind the load, whatever came of it.
 * @param names tables that many rows are to be loaded into
 */
export async function stripTables(
  engine: Engine,
  models: ReadonlyMap<string, TableModel>,
  names: readonly string[],
  options: BareTablesOptions = {},
): Promise<void> {
  const { indexes, foreignKeys } = engine.capabilities.loadsBetterWithout;
  if (names.length === 0 || !(indexes || foreignKeys)) return;
  for (const [model, table] of await pairs(engine, models, options))
    if (names.includes(model.name) && (await isEmpty(engine, model.name)))
      try {
        if (foreignKeys) await dropForeignKeys(engine, model, table, options);
        if (indexes) await dropIndexes(engine, model, table, options);
      } catch (error) {
        // A table of another account is loaded as it is.
        if (!isMultiFlexiError(error, 'PERMISSION_DENIED')) throw error;
      }
}

/** Those that would be made again just as they are. */
async function dropForeignKeys(
  engine: Engine,
  { name: table, columns }: TableModel,
  { foreignKeys }: CatalogTable,
  options: BareTablesOptions,
): Promise<void> {
  for (const { name, columns: own, table: target, targetColumns, onDelete } of foreignKeys) {
    const wanted = columns.find((column) => own.join() === column.name)?.references;
    const isOurs =
      wanted?.table === target && wanted.column === targetColumns.join() && wanted.onDelete === onDelete;
    if (name !== null && isOurs)
      await within(engine, options, (db) => db.schema.alterTable(table).dropConstraint(name).execute());
  }
}

async function dropIndexes(
  engine: Engine,
  { indexes }: TableModel,
  { indexes: found }: CatalogTable,
  options: BareTablesOptions,
): Promise<void> {
  const isSame = ({ name, columns }: TableModel['indexes'][number]) =>
    found.some((index) => index.name === name && !index.unique && index.columns.join() === columns.join());
  for (const index of indexes.filter(({ unique }) => !unique).filter(isSame))
    for (const { sql: statement } of engine.ddl.dropIndex(index)) await run(engine, options, statement);
}

/**
 * Makes the indexes and foreign keys of the migrations that tables lack, whoever has dropped them.
 * @throws CONSTRAINT for rows that refer to none
 */
export async function completeTables(
  engine: Engine,
  models: ReadonlyMap<string, TableModel>,
  options: BareTablesOptions = {},
): Promise<void> {
  const found = await pairs(engine, models, options);
  // Nobody else works here: no way has to be taken that lets others write meanwhile.
  for (const [model, table] of found)
    for (const index of model.indexes.filter(({ name }) => !table.indexes.some((one) => one.name === name)))
      for (const statement of engine.ddl.createIndex(index, false)) await run(engine, options, statement.sql);
  for (const [model, table] of found)
    for (const { name, references } of model.columns) {
      if (!references || table.foreignKeys.some(({ columns }) => columns.join() === name)) continue;
      const statement = engine.restoreForeignKey(model.name, name, references);
      if (statement !== null) await run(engine, options, statement);
    }
}

/** Of the tables that are there. */
async function pairs(
  engine: Engine,
  models: ReadonlyMap<string, TableModel>,
  { signal }: BareTablesOptions,
): Promise<readonly (readonly [TableModel, CatalogTable])[]> {
  return (await patientCatalogue(engine, signal)).flatMap((table) => {
    const model = models.get(table.name);
    return model ? [[model, table] as const] : [];
  });
}

async function isEmpty(engine: Engine, table: string): Promise<boolean> {
  const { rows } = await sql`select 1 as one from ${sql.table(table)} limit 1`.execute(
    engine.kysely<unknown>(),
  );
  return rows.length === 0;
}

function run(engine: Engine, options: BareTablesOptions, statement: string): Promise<unknown> {
  return within(engine, options, (db) => sql.raw(statement).execute(db));
}

function within(
  engine: Engine,
  { fence, signal }: BareTablesOptions,
  work: (db: Kysely<unknown>) => Promise<unknown>,
): Promise<unknown> {
  signal?.throwIfAborted();
  return fencedTransaction(engine, { fence, signal }, work);
}
