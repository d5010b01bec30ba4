/** The table with a column of every kind that the rows of the contract are in. */
import type { ColumnDefinition, LogicalType } from '../../src/engines/index.ts';

export const column = (name: string, type: LogicalType): ColumnDefinition => ({
  name,
  type,
  comment: `the ${name}`,
  nullable: true,
});
export const TABLE = {
  name: 'row_every',
  comment: 'rows',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: { kind: 'bigint' }, comment: 'key', nullable: false, identity: true },
    column('small', { kind: 'integer' }),
    column('words', { kind: 'text' }),
    column('bytes', { kind: 'binary' }),
    column('data', { kind: 'json' }),
  ],
} as const;
