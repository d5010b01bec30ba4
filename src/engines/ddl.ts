/**
 * From table definitions to an engine's SQL: one compiler on Kysely's schema builder, with the few things in
 * which engines differ handed in as {@link DdlWords}. Nothing here runs a statement.
 *
 * Every method returns single statements, because MySQL and MariaDB commit each of them at once: a statement
 * is the smallest thing that can be recorded, recognised ({@link Effect}) and resumed.
 */
import { type ColumnDefinitionBuilder, type Kysely, type RawBuilder, sql } from 'kysely';
import {
  type ColumnDefinition,
  foreignKeyName,
  type IndexDefinition,
  indexName,
  type LogicalType,
  NOW,
  type Reference,
  type TableDefinition,
} from './definition.ts';
import type { EngineName } from './engine.ts';

/** How introspection can tell that a statement has taken effect. */
export type Effect =
  | { readonly kind: 'table'; readonly table: string; readonly present: boolean }
  | { readonly kind: 'column'; readonly table: string; readonly column: string; readonly present: boolean }
  | { readonly kind: 'index'; readonly table: string; readonly index: string; readonly present: boolean }
  | {
      readonly kind: 'foreignKey';
      readonly table: string;
      readonly column: string;
      readonly present: boolean;
    }
  /** Running it again changes nothing, as with a comment. */
  | { readonly kind: 'repeatable' };

export interface DdlStatement {
  readonly sql: string;
  /** What it does, in words: `create table job`. */
  readonly summary: string;
  readonly effect: Effect;
  readonly impact: Impact;
  /**
   * It changes rows, not the schema, and so runs in a transaction on every engine: the tables whose number of rows it
   * may change.
   */
  readonly changesRows?: readonly string[];
  /** Settings of the session under which it is quicker, and their end; only while the column has no value yet. */
  readonly session?: { readonly before: string; readonly after: string; readonly whileEmpty: string };
  /** It cannot run in a transaction. */
  readonly alone?: true;
  /** Clears away what a failed try may have left, before it is tried again. */
  readonly clearing?: string;
}

/** What a statement does to others while it runs. */
export interface Impact {
  readonly table: string;
  /** What waits until it is done: nothing, who writes the table, or everybody who uses it. */
  readonly blocks: 'nothing' | 'writes' | 'everything';
  /** Whether its time is that of a moment, of reading all rows, or of writing them all again. */
  readonly work: 'a moment' | 'reads all rows' | 'rewrites all rows';
}

type Cost = Omit<Impact, 'table'>;

/** A table that nobody knows yet, and words about one, keep nobody waiting. */
const FREE: Cost = { blocks: 'nothing', work: 'a moment' };
const BRIEF: Cost = { blocks: 'everything', work: 'a moment' };

export interface Ddl {
  readonly engine: EngineName;
  createTable(table: TableDefinition): DdlStatement[];
  dropTable(table: string): DdlStatement[];
  /** The column comes last in the table; with `references` come its index and foreign key. */
  addColumn(table: string, column: ColumnDefinition): DdlStatement[];
  /** The reverse of {@link Ddl.addColumn}, index and foreign key included. */
  dropColumn(table: string, column: ColumnDefinition): DdlStatement[];
  /** @param filled whether the table may have rows and users: then the engine's gentlest way is taken */
  createIndex(index: IndexDefinition, filled: boolean): DdlStatement[];
  dropIndex(index: IndexDefinition): DdlStatement[];
}

export interface DdlWords {
  readonly engine: EngineName;
  columnType(type: LogicalType): string;
  /** The type of the identity column; SQLite's must read exactly `integer`. */
  readonly identityType: string;
  identity(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** The default of a `datetime` column that takes the current instant in UTC. */
  readonly now: string;
  /** What the engine's own types leave unchecked. */
  check(column: ColumnDefinition): RawBuilder<boolean> | undefined;
  readonly comments: 'inline' | 'statements' | 'none';
  /** What ends a CREATE TABLE, as `engine = InnoDB`. */
  readonly tableOptions: string | undefined;
  /** Whether ADD COLUMN takes its reference along (SQLite can add it in no other way; MySQL before 9 ignores it there). */
  readonly referenceInAddColumn: boolean;
  /** Whether DROP COLUMN takes the column's index and foreign key along. */
  readonly dropColumnTakes: { readonly index: boolean; readonly foreignKey: boolean };
  /** Whether an index's name belongs to its table (MySQL) or to the schema. */
  readonly indexBelongsToTable: boolean;
  /**
   * Settings under which a foreign key is added without looking at the rows, where that saves a copy of the table: for
   * a column that has just been added and is empty.
   */
  readonly unchecked?: { readonly before: string; readonly after: string };
  /** CREATE INDEX CONCURRENTLY: blocks nobody, but runs outside of transactions and can leave an invalid index. */
  readonly concurrentIndexes: boolean;
  /** What changes of a table with rows cost here. */
  readonly costs: {
    readonly addColumn: Cost;
    readonly dropColumn: Cost;
    readonly createIndex: Cost;
    readonly addForeignKey: Cost;
  };
}

export function kyselyDdl(compiler: Kysely<unknown>, words: DdlWords): Ddl {
  const schema = compiler.schema;

  const build =
    (column: ColumnDefinition) =>
    (builder: ColumnDefinitionBuilder): ColumnDefinitionBuilder => {
      let built = column.identity ? words.identity(builder) : builder;
      if (!column.nullable && !column.identity) built = built.notNull();
      if (column.default !== undefined) built = built.defaultTo(defaultValue(column.default, words));
      const check = all(words.check(column), oneOf(column));
      if (words.comments !== 'inline') return check ? built.check(check) : built;
      // MariaDB takes a column's CHECK only after its comment.
      const comment = sql`comment ${literal(column.comment)}`;
      built = built.modifyEnd(check ? sql`${comment} check (${check})` : comment);
      return built;
    };

  const typeOf = (column: ColumnDefinition) =>
    sql.raw<never>(column.identity ? words.identityType : words.columnType(column.type));

  const commentStatements = (table: string, column: ColumnDefinition): DdlStatement[] =>
    words.comments === 'statements'
      ? [
          {
            sql: sql`comment on column ${sql.ref(`${table}.${column.name}`)} is ${literal(column.comment)}`.compile(
              compiler,
            ).sql,
            summary: `comment on ${table}.${column.name}`,
            effect: { kind: 'repeatable' },
            impact: { table, ...FREE },
          },
        ]
      : [];

  /** To a column that has just been added, so that there is no value to check. */
  const addForeignKey = (table: string, column: string, reference: Reference): DdlStatement => ({
    sql: schema
      .alterTable(table)
      .addForeignKeyConstraint(foreignKeyName(table, column), [column], reference.table, [reference.column])
      .onDelete(reference.onDelete)
      .compile().sql,
    summary: `add foreign key ${table}.${column} to ${reference.table}`,
    effect: { kind: 'foreignKey', table, column, present: true },
    impact: { table, ...words.costs.addForeignKey },
    ...(words.unchecked ? { session: { ...words.unchecked, whileEmpty: column } } : {}),
  });

  return {
    engine: words.engine,

    createTable(table) {
      let builder = schema.createTable(table.name);
      for (const column of table.columns)
        builder = builder.addColumn(column.name, typeOf(column), build(column));
      if (!table.columns.some((column) => column.identity)) {
        builder = builder.addPrimaryKeyConstraint(`pk_${table.name}`, [...table.primaryKey] as never[]);
      }
      for (const { name, references } of table.columns) {
        if (!references) continue;
        builder = builder.addForeignKeyConstraint(
          foreignKeyName(table.name, name),
          [name] as never[],
          references.table,
          [references.column],
          (constraint) => constraint.onDelete(references.onDelete),
        );
      }
      if (words.tableOptions) builder = builder.modifyEnd(sql.raw(words.tableOptions));
      if (words.comments === 'inline') builder = builder.modifyEnd(sql`comment ${literal(table.comment)}`);
      const statements: DdlStatement[] = [
        {
          sql: builder.compile().sql,
          summary: `create table ${table.name}`,
          effect: { kind: 'table', table: table.name, present: true },
          impact: { table: table.name, ...FREE },
        },
      ];
      if (words.comments === 'statements') {
        statements.push({
          sql: sql`comment on table ${sql.table(table.name)} is ${literal(table.comment)}`.compile(compiler)
            .sql,
          summary: `comment on ${table.name}`,
          effect: { kind: 'repeatable' },
          impact: { table: table.name, ...FREE },
        });
        statements.push(...table.columns.flatMap((column) => commentStatements(table.name, column)));
      }
      return statements;
    },

    dropTable(table) {
      return [
        {
          sql: schema.dropTable(table).compile().sql,
          summary: `drop table ${table}`,
          effect: { kind: 'table', table, present: false },
          impact: { table, ...BRIEF },
        },
      ];
    },

    addColumn(table, column) {
      const { references } = column;
      const add = schema.alterTable(table).addColumn(column.name, typeOf(column), (builder) => {
        const built = build(column)(builder);
        return references && words.referenceInAddColumn
          ? built.references(`${references.table}.${references.column}`).onDelete(references.onDelete)
          : built;
      });
      return [
        {
          sql: add.compile().sql,
          summary: `add column ${table}.${column.name}`,
          effect: { kind: 'column', table, column: column.name, present: true },
          impact: { table, ...words.costs.addColumn },
        },
        ...commentStatements(table, column),
        ...(references ? this.createIndex(referenceIndex(table, column.name), true) : []),
        ...(references && !words.referenceInAddColumn ? [addForeignKey(table, column.name, references)] : []),
      ];
    },

    dropColumn(table, column) {
      const statements: DdlStatement[] = [];
      if (column.references && !words.dropColumnTakes.foreignKey) {
        statements.push({
          sql: schema.alterTable(table).dropConstraint(foreignKeyName(table, column.name)).compile().sql,
          summary: `drop foreign key ${table}.${column.name}`,
          effect: { kind: 'foreignKey', table, column: column.name, present: false },
          impact: { table, ...BRIEF },
        });
      }
      if (column.references && !words.dropColumnTakes.index) {
        statements.push(...this.dropIndex(referenceIndex(table, column.name)));
      }
      statements.push({
        sql: schema.alterTable(table).dropColumn(column.name).compile().sql,
        summary: `drop column ${table}.${column.name}`,
        effect: { kind: 'column', table, column: column.name, present: false },
        impact: { table, ...words.costs.dropColumn },
      });
      return statements;
    },

    createIndex(index, filled) {
      const { name, table, unique } = index;
      const concurrently = filled && words.concurrentIndexes;
      const columns = sql.join(index.columns.map((column) => sql.ref(column)));
      const words_ = sql.raw(`create ${unique ? 'unique ' : ''}index ${concurrently ? 'concurrently ' : ''}`);
      return [
        {
          sql: sql`${words_}${sql.ref(name)} on ${sql.table(table)} (${columns})`.compile(compiler).sql,
          summary: `create ${unique ? 'unique ' : ''}index ${name}`,
          effect: { kind: 'index', table, index: name, present: true },
          impact: { table, ...(filled ? words.costs.createIndex : FREE) },
          ...(concurrently
            ? { alone: true, clearing: sql`drop index if exists ${sql.ref(name)}`.compile(compiler).sql }
            : {}),
        },
      ];
    },

    dropIndex(index) {
      const builder = schema.dropIndex(index.name);
      return [
        {
          sql: (words.indexBelongsToTable ? builder.on(index.table) : builder).compile().sql,
          summary: `drop index ${index.name}`,
          effect: { kind: 'index', table: index.table, index: index.name, present: false },
          impact: { table: index.table, ...BRIEF },
        },
      ];
    },
  };
}

/** The index that every foreign key has: PostgreSQL and SQLite make none by themselves. */
function referenceIndex(table: string, column: string): IndexDefinition {
  return { name: indexName(table, [column], false), table, columns: [column], unique: false };
}

function defaultValue(value: NonNullable<ColumnDefinition['default']>, words: DdlWords) {
  if (value === NOW) return sql.raw(words.now);
  return typeof value === 'string' ? literal(value) : sql.lit(value);
}

function oneOf(column: ColumnDefinition): RawBuilder<boolean> | undefined {
  if (!column.oneOf) return undefined;
  return sql<boolean>`${sql.ref(column.name)} in (${sql.join(column.oneOf.map(literal))})`;
}

function all(...checks: (RawBuilder<boolean> | undefined)[]): RawBuilder<boolean> | undefined {
  const given = checks.filter((check) => check !== undefined);
  return given.length === 0 ? undefined : sql<boolean>`${sql.join(given, sql` and `)}`;
}

/** A string literal in DDL, where no engine takes parameters. A backslash means another thing on each engine, so none is let in. */
function literal(text: string): RawBuilder<string> {
  if (/[\\\p{Cc}]/u.test(text)) throw new TypeError(`not a plain literal for DDL: ${JSON.stringify(text)}`);
  return sql.lit(text);
}
