/** What our types are in PostgreSQL. */
import type { DdlDialect } from '../ddl/dialect.ts';
import type { LogicalType } from '../definition.ts';

export const POSTGRESQL_DDL: DdlDialect = {
  engine: 'postgresql',
  columnType,
  identityType: 'bigint',
  // BY DEFAULT: an import brings its own ids.
  identity: (column) => column.generatedByDefaultAsIdentity().primaryKey(),
  now: 'current_timestamp',
  check: () => undefined,
  comments: 'statements',
  tableOptions: undefined,
  referenceInAddColumn: true,
  dropColumnTakes: { index: true, foreignKey: true },
  indexBelongsToTable: false,
  concurrentIndexes: true,
  costs: {
    addColumn: { blocks: 'everything', work: 'a moment' },
    dropColumn: { blocks: 'everything', work: 'a moment' },
    createIndex: { blocks: 'nothing', work: 'reads all rows' },
    addForeignKey: { blocks: 'writes', work: 'reads all rows' },
  },
};

function columnType(type: LogicalType): string {
  switch (type.kind) {
    case 'bigint':
      return 'bigint';
    case 'integer':
      return 'integer';
    case 'boolean':
      return 'boolean';
    case 'string':
      return `varchar(${type.length})`;
    case 'text':
      return 'text';
    case 'json':
      return 'jsonb';
    case 'datetime':
      return 'timestamp(6) with time zone';
    case 'binary':
      return 'bytea';
  }
}
