/** A table with a column of each type, and rows of the values that are most often lost on the way from one engine to another. */
import { sql } from 'kysely';
import type { ColumnDefinition, Engine, LogicalType, TableDefinition } from '../../src/engines/index.ts';
import type { RowStreamTable } from '../../src/transfer/index.ts';
import type { Row } from '../../src/transfer/row-stream/values.ts';

const column = (name: string, type: LogicalType): ColumnDefinition => ({
  name,
  type,
  comment: `the ${name}`,
  nullable: true,
});

const COLUMNS = [
  column('big', { kind: 'bigint' }),
  column('small', { kind: 'integer' }),
  column('flag', { kind: 'boolean' }),
  column('word', { kind: 'string', length: 8 }),
  column('words', { kind: 'text' }),
  column('data', { kind: 'json' }),
  column('moment', { kind: 'datetime' }),
  column('bytes', { kind: 'binary' }),
  // A reserved word on every engine.
  column('select', { kind: 'string', length: 20 }),
  column('parent_id', { kind: 'bigint' }),
];

export const NASTY: TableDefinition = {
  name: 'nasty',
  comment: 'nasty',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: { kind: 'bigint' }, comment: 'key', nullable: false, identity: true },
    ...COLUMNS.map((one) =>
      one.name === 'parent_id'
        ? { ...one, references: { table: 'nasty', column: 'id', onDelete: 'cascade' as const } }
        : one,
    ),
  ],
};

export const NASTY_TABLE: RowStreamTable = {
  name: 'nasty',
  key: ['id'],
  columns: NASTY.columns.map(({ name, type }) => ({
    name,
    type: type.kind === 'string' ? `string(${type.length})` : type.kind,
  })),
};

export const EMPTY: Row = [0n, null, null, null, null, null, null, null, null, null, null];

export const NASTY_ROWS: readonly Row[] = [
  EMPTY,
  [1n, 0n, 0, false, '', '', '""', '1970-01-01 00:00:00.000000', Buffer.alloc(0), '', 0n],
  [
    2n,
    9_223_372_036_854_775_807n,
    2_147_483_647,
    true,
    '😀😀😀😀😀😀😀😀',
    'e\u0301 é 👩‍👩‍👧‍👦 \u200f\ufeff\u0001',
    '{"b": 1.0, "a": [1e2, 12345678901234567, "\\u00e9", true, null], "b": 2}',
    '2026-12-31 23:59:59.999999',
    Buffer.from([0, 255, 10, 13, 92, 39, 34, 26, 128]),
    ' a ',
    1n,
  ],
  [
    9_007_199_254_740_993n,
    -9_223_372_036_854_775_808n,
    -2_147_483_648,
    true,
    '\'\\"`;--',
    'line\nline\r\n\ttab \\N \\. \\x41 %s ? :x',
    '[]',
    '2199-02-28 00:00:00.000001',
    Buffer.from('text'),
    'select',
    // Of a row that comes later.
    9_007_199_254_740_995n,
  ],
  [
    9_007_199_254_740_995n,
    9_007_199_254_740_993n,
    1,
    false,
    'NULL',
    'ž'.repeat(800_000),
    '0',
    '2024-02-29 12:00:00.500000',
    Buffer.alloc(1_500_000, 7),
    '0',
    null,
  ],
];

export async function makeNasty(engine: Engine): Promise<void> {
  for (const statement of engine.ddl.createTable(NASTY))
    await sql.raw(statement.sql).execute(engine.kysely<unknown>());
  await sql`create index ix_nasty_parent_id on nasty (parent_id)`.execute(engine.kysely<unknown>());
}
