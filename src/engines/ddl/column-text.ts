/** A column's definition as SQL: its type, what it refuses, its default and its comment. */
import { type ColumnDefinitionBuilder, type RawBuilder, sql } from 'kysely';
import { type ColumnDefinition, NOW } from '../definition.ts';
import type { DdlDialect, Wording } from './dialect.ts';
import { literal } from './literal.ts';

export function columnType(dialect: DdlDialect, column: ColumnDefinition): RawBuilder<never> {
  return sql.raw<never>(column.identity ? dialect.identityType : dialect.columnType(column.type));
}

/** All of it but name, type and reference. */
export function columnBuild(dialect: DdlDialect, column: ColumnDefinition, wording: Wording) {
  return (builder: ColumnDefinitionBuilder): ColumnDefinitionBuilder => {
    let built = column.identity ? dialect.identity(builder) : builder;
    if (!column.nullable && !column.identity) built = built.notNull();
    if (column.default !== undefined) built = built.defaultTo(defaultValue(column.default, dialect));
    const check = checkOf(column, wording);
    if (dialect.comments !== 'inline') return check ? built.check(check) : built;
    // MariaDB takes a column's CHECK only after its comment.
    const comment = sql`comment ${literal(column.comment)}`;
    return built.modifyEnd(check ? sql`${comment} check (${check})` : comment);
  };
}

/** What the engine's own types leave unchecked, and the only values that are allowed. */
export function checkOf(column: ColumnDefinition, { check }: Wording): RawBuilder<boolean> | undefined {
  const given = [check(column), oneOf(column)].filter((part) => part !== undefined);
  return given.length === 0 ? undefined : sql<boolean>`${sql.join(given, sql` and `)}`;
}

function defaultValue(value: NonNullable<ColumnDefinition['default']>, dialect: DdlDialect) {
  if (value === NOW) return sql.raw(dialect.now);
  return typeof value === 'string' ? literal(value) : sql.lit(value);
}

function oneOf(column: ColumnDefinition): RawBuilder<boolean> | undefined {
  if (!column.oneOf) return undefined;
  return sql<boolean>`${sql.ref(column.name)} in (${sql.join(column.oneOf.map(literal))})`;
}
