/**
 * Values between JavaScript and SQLite, so that they are of the contract's types. better-sqlite3 gives every
 * integer as bigint once asked for safe ones; the declared type of the column says what was meant.
 */
import type Database from 'better-sqlite3';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

type Row = Record<string, unknown>;

/** The database as Kysely's driver wants it, converting on the way. */
export function convertingDatabase(database: Database.Database): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare: (sql) => convertingStatement(database.prepare(sql)),
  };
}

function convertingStatement(statement: Database.Statement): SqliteStatement {
  if (!statement.reader) {
    return {
      reader: false,
      all: () => [],
      run: (parameters) => statement.run(...parameters.map(toSqlite)),
      iterate: () => [][Symbol.iterator](),
    };
  }
  statement.safeIntegers(true);
  const convert = rowConverter(statement.columns());
  return {
    reader: true,
    all: (parameters) => statement.all(...parameters.map(toSqlite)).map((row) => convert(row as Row)),
    run: (parameters) => statement.run(...parameters.map(toSqlite)),
    *iterate(parameters) {
      for (const row of statement.iterate(...parameters.map(toSqlite))) yield convert(row as Row);
    },
  };
}

export function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === undefined ? null : value;
}

function rowConverter(columns: readonly Database.ColumnDefinition[]): (row: Row) => Row {
  const converters = columns.flatMap(({ name, type }) => {
    const convert = converter(type?.toLowerCase() ?? '');
    return convert ? [{ name, convert }] : [];
  });
  return (row) => {
    for (const { name, convert } of converters) row[name] = convert(row[name]);
    return row;
  };
}

function converter(declaredType: string): ((value: unknown) => unknown) | undefined {
  if (declaredType === 'boolean') return (value) => (typeof value === 'bigint' ? value !== 0n : value);
  if (declaredType === 'int') return (value) => (typeof value === 'bigint' ? Number(value) : value);
  return undefined;
}
