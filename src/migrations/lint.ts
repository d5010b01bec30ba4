/** What must be so of every migration, and takes all engines or all migrations to see. */
import type { Ddl, DdlStatement, EngineName } from '../engines/index.ts';
import { type Direction, faultsOf, type Migration, type Operation } from './migration.ts';
import type { SchemaModel } from './model.ts';
import { modelOf } from './model-of.ts';

/** @param migrations in their order @returns a line for each fault, with the migration it is of */
export function lintMigrations(
  migrations: readonly Migration[],
  ddls: ReadonlyMap<EngineName, Ddl>,
): string[] {
  return migrations.flatMap((migration, place) => {
    const faults = [
      ...faultsOf(migration),
      ...(['up', 'down'] as const).flatMap((way) => differences(migration, way, ddls)),
      ...wayBack(migrations.slice(0, place), migration),
    ];
    return faults.map((fault) => `${migration.version} ${migration.name}: ${fault}`);
  });
}

/** Steps that are other ones on one engine than on the rest, and do not say why. */
function differences(migration: Migration, way: Direction, ddls: ReadonlyMap<EngineName, Ddl>): string[] {
  return migration[way].flatMap((operation, index) => {
    if (operation.differs) return [];
    const seen = new Map([...ddls].map(([name, ddl]) => [name, meaning(operation, ddl)]));
    const [first] = seen.values();
    const others = [...seen].filter(([, steps]) => steps !== first).map(([name]) => name);
    return others.length === 0
      ? []
      : [
          `operation ${index + 1} of ${way} is another one on ${others.join(' and ')}, and does not say why (differs)`,
        ];
  });
}

/**
 * What an operation makes of tables, columns and rows. Engines spell it differently, and need more or fewer
 * statements for comments, indexes and keys; that is their matter, and the schema's parity is tested.
 */
function meaning(operation: Operation, ddl: Ddl): string {
  const telling = (statement: DdlStatement) =>
    statement.changesRows !== undefined ||
    statement.effect.kind === 'table' ||
    statement.effect.kind === 'column';
  return JSON.stringify(
    operation
      .statements(ddl, new Set())
      .filter(telling)
      .map(({ effect, changesRows, sql }) => (changesRows === undefined ? effect : { changesRows, sql })),
  );
}

function wayBack(earlier: readonly Migration[], migration: Migration): string[] {
  try {
    const before = modelOf(earlier);
    const after = [...migration.up, ...migration.down].reduce(
      (model, operation) => operation.model(model),
      before,
    );
    return text(after) === text(before) ? [] : ['up and down again is not the schema before it'];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Indexes have names and no order; where a column stands in its table is no difference either. */
function text(model: SchemaModel): string {
  const tables = [...model.values()].map((table) => ({
    ...table,
    columns: [...table.columns].sort((a, b) => (a.name < b.name ? -1 : 1)),
    indexes: [...table.indexes].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }));
  return JSON.stringify(tables);
}
