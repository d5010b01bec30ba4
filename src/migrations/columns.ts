/** The words in which a migration writes its columns. A column is NOT NULL unless it is wrapped in {@link nullable}. */
import { type ColumnDefinition, type DefaultValue, NOW, type OnDelete } from '../engines/index.ts';

/** The 64-bit key that every table of ours has. */
export function id(comment: string): ColumnDefinition {
  return { name: 'id', type: { kind: 'bigint' }, comment, nullable: false, identity: true };
}

export function string(name: string, length: number, comment: string, defaultTo?: string): ColumnDefinition {
  return column(name, { kind: 'string', length }, comment, defaultTo);
}

export function text(name: string, comment: string): ColumnDefinition {
  return column(name, { kind: 'text' }, comment);
}

export function boolean(name: string, comment: string, defaultTo: boolean): ColumnDefinition {
  return column(name, { kind: 'boolean' }, comment, defaultTo);
}

export function integer(name: string, comment: string, defaultTo?: number): ColumnDefinition {
  return column(name, { kind: 'integer' }, comment, defaultTo);
}

export function bigint(name: string, comment: string, defaultTo?: number): ColumnDefinition {
  return column(name, { kind: 'bigint' }, comment, defaultTo);
}

export function json(name: string, comment: string): ColumnDefinition {
  return column(name, { kind: 'json' }, comment);
}

export function binary(name: string, comment: string): ColumnDefinition {
  return column(name, { kind: 'binary' }, comment);
}

export function datetime(name: string, comment: string): ColumnDefinition {
  return column(name, { kind: 'datetime' }, comment);
}

/** A `datetime` that takes the current instant when none is given. */
export function now(name: string, comment: string): ColumnDefinition {
  return column(name, { kind: 'datetime' }, comment, NOW);
}

/** A string of which only the given values are allowed. */
export function oneOf(
  name: string,
  length: number,
  values: readonly string[],
  comment: string,
  defaultTo?: string,
): ColumnDefinition {
  return { ...string(name, length, comment, defaultTo), oneOf: values };
}

/** The id of a row of another table; give its table an index that begins with this column. */
export function reference(
  name: string,
  table: string,
  onDelete: OnDelete,
  comment: string,
): ColumnDefinition {
  return { ...column(name, { kind: 'bigint' }, comment), references: { table, column: 'id', onDelete } };
}

export function nullable(definition: ColumnDefinition): ColumnDefinition {
  return { ...definition, nullable: true };
}

function column(
  name: string,
  type: ColumnDefinition['type'],
  comment: string,
  defaultTo?: DefaultValue,
): ColumnDefinition {
  return { name, type, comment, nullable: false, ...(defaultTo === undefined ? {} : { default: defaultTo }) };
}
