/** What our types are in MySQL; MariaDB shares all but the collation. */
import type { DdlWords } from '../ddl.ts';
import type { LogicalType } from '../definition.ts';

/** @param collation compares bytes and pads nothing, so that texts are equal here when they are equal elsewhere */
export function mysqlWords(collation: string): DdlWords {
  return {
    columnType,
    identityType: 'bigint',
    identity: (column) => column.notNull().autoIncrement().primaryKey(),
    // CURRENT_TIMESTAMP would be in the time zone of whoever inserts.
    now: '(utc_timestamp(6))',
    check: () => undefined,
    comments: 'inline',
    tableOptions: `engine = InnoDB default character set utf8mb4 collate ${collation}`,
    referenceInAddColumn: false,
    dropColumnTakes: { index: true, foreignKey: false },
    indexBelongsToTable: true,
    concurrentIndexes: false,
    costs: {
      // ALGORITHM=INSTANT and INPLACE are what both servers take by themselves where they can; a foreign key is
      // added by a copy of the table as long as foreign keys are checked.
      addColumn: { blocks: 'everything', work: 'a moment' },
      dropColumn: { blocks: 'everything', work: 'a moment' },
      createIndex: { blocks: 'nothing', work: 'reads all rows' },
      addForeignKey: { blocks: 'writes', work: 'rewrites all rows' },
    },
  };
}

function columnType(type: LogicalType): string {
  switch (type.kind) {
    case 'bigint':
      return 'bigint';
    case 'integer':
      return 'int';
    case 'boolean':
      return 'boolean';
    case 'string':
      return `varchar(${type.length})`;
    case 'text':
      return 'longtext';
    case 'json':
      return 'json';
    case 'datetime':
      return 'datetime(6)';
    case 'binary':
      return 'longblob';
  }
}
