/** What a migration is: a version, a name, and ordered operations for both ways. */
import type { Ddl, DdlStatement } from '../engines/index.ts';
import type { SchemaModel } from './model.ts';

/** One change of the schema, as data: its SQL is known on every engine before anything runs. */
export interface Operation {
  /** The SQL of one engine, a statement a step. `made`: the tables that this migration has made before. */
  statements(ddl: Ddl, made: ReadonlySet<string>): DdlStatement[];
  /** What the change makes of the schema. */
  model(before: SchemaModel): SchemaModel;
  /** Why its steps are not the same on every engine; without it, they must be. */
  readonly differs?: string;
  /** What it destroys, if it destroys something: a table, or a column of it. */
  readonly destroys?: Destruction;
  /** A table of which it deletes rows; a loss report cannot count those. */
  readonly deletesFrom?: string;
  /** What it fixes in tables of earlier migrations: until it is applied, that is no drift. */
  readonly fixes?: readonly { readonly table: string; readonly column: string }[];
  /** The tables that must exist before. */
  readonly uses?: readonly string[];
  /** The table it makes, if it makes one. */
  readonly makes?: string;
}

export interface Destruction {
  readonly table: string;
  /** Without one, the table itself. */
  readonly column?: string;
}

export interface Migration {
  /** `YYYYMMDDHHMMSS` */
  readonly version: string;
  /** One word or several with underscores, as in the file's name. */
  readonly name: string;
  /** Why going up may destroy a table or a column; without it, it may not. */
  readonly destructive?: string;
  readonly up: readonly Operation[];
  readonly down: readonly Operation[];
}

export type Direction = 'up' | 'down';

export const VERSION_PATTERN = /^\d{14}$/;

/** @throws an Error for a migration that is not well-formed: it is caught in development, not at an administrator's. */
export function migration(definition: Migration): Migration {
  const [fault] = faultsOf(definition);
  if (fault !== undefined) throw new Error(`migration ${definition.version}: ${fault}`);
  return definition;
}

/** What can be told of a migration by itself; scripts/lint-migrations.ts looks at what takes all of them. */
export function faultsOf({ version, name, destructive, up, down }: Migration): string[] {
  const faults: string[] = [];
  if (!VERSION_PATTERN.test(version)) faults.push(`${version} is not a version`);
  if (!/^[a-z][a-z0-9_]*$/.test(name)) faults.push(`${name} is not a name`);
  if (down.length === 0) faults.push('it has no way down');
  const destroyed = up.find((operation) => operation.destroys)?.destroys;
  if (destroyed && !destructive) faults.push(`it destroys ${destroyed.table} without saying why`);
  const deleting = up.find((operation) => operation.deletesFrom)?.deletesFrom;
  if (deleting && !destructive) faults.push(`it deletes rows of ${deleting} without saying why`);
  return faults;
}

/** A step: a statement, and what it destroys. */
export interface Step extends DdlStatement {
  readonly destroys?: Destruction;
}

export function compile(migration: Migration, direction: Direction, ddl: Ddl): Step[] {
  const made = new Set<string>();
  return migration[direction].flatMap((operation) => {
    const statements = operation.statements(ddl, made);
    if (operation.makes !== undefined) made.add(operation.makes);
    // Of several statements the last one destroys: a foreign key is dropped before its column.
    return statements.map((statement, index) =>
      operation.destroys && index === statements.length - 1
        ? { ...statement, destroys: operation.destroys }
        : statement,
    );
  });
}
