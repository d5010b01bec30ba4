/** What our types are in MySQL; MariaDB shares all but the collation. */
import type { DdlDialect } from '../ddl/dialect.ts';
import type { LogicalType } from '../definition.ts';

/** Both compare bytes and pad nothing, so that texts are equal here when they are equal elsewhere. */
export const MYSQL_COLLATION = 'utf8mb4_0900_bin';
export const MARIADB_COLLATION = 'utf8mb4_nopad_bin';

const ROW_FORMAT = 'row_format = dynamic';

export function mysqlDdl(engine: string, collation: string): DdlDialect {
  const tableOptions = `engine = InnoDB default character set utf8mb4 collate ${collation}`;
  return {
    engine,
    columnType,
    identityType: 'bigint',
    identity: (column) => column.notNull().autoIncrement().primaryKey(),
    // CURRENT_TIMESTAMP would be in the time zone of whoever inserts.
    now: '(utc_timestamp(6))',
    check: () => undefined,
    comments: 'inline',
    // A server's default may be another one, in which long texts do not fit beside each other in a row.
    tableOptions: `${tableOptions} ${ROW_FORMAT}`,
    rowFormat: ROW_FORMAT,
    firstRelease: { tableOptions },
    referenceInAddColumn: false,
    dropColumnTakes: { index: true, foreignKey: false },
    indexBelongsToTable: true,
    // While foreign keys are checked, adding one copies the table; without, it is INPLACE and touches no row.
    unchecked: {
      before: 'set session foreign_key_checks = 0',
      after: 'set session foreign_key_checks = 1',
    },
    concurrentIndexes: false,
    costs: {
      // ALGORITHM=INSTANT and INPLACE are what both servers take by themselves where they can.
      addColumn: { blocks: 'everything', work: 'a moment' },
      dropColumn: { blocks: 'everything', work: 'a moment' },
      createIndex: { blocks: 'nothing', work: 'reads all rows' },
      addForeignKey: { blocks: 'everything', work: 'a moment' },
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
