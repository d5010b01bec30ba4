/** A value is the same value on every engine, and what is no value of a type is refused by every engine. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  BulkValue,
  ColumnDefinition,
  Engine,
  LogicalType,
  TableDefinition,
} from '../../src/engines/index.ts';
import { NOW } from '../../src/engines/index.ts';
import { RowCodec } from '../../src/transfer/row-stream/values.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

const column = (name: string, type: LogicalType): ColumnDefinition => ({
  name,
  type,
  comment: `the ${name}`,
  nullable: true,
});

const TABLE: TableDefinition = {
  name: 'every_type',
  comment: "one column a type; it's quoted",
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: { kind: 'bigint' }, comment: 'key', nullable: false, identity: true },
    column('big', { kind: 'bigint' }),
    column('small', { kind: 'integer' }),
    column('flag', { kind: 'boolean' }),
    column('word', { kind: 'string', length: 8 }),
    column('words', { kind: 'text' }),
    column('data', { kind: 'json' }),
    column('moment', { kind: 'datetime' }),
    column('bytes', { kind: 'binary' }),
    { ...column('made', { kind: 'datetime' }), nullable: false, default: NOW },
    { ...column('DatMixed', { kind: 'string', length: 20 }), default: "it's new" },
  ],
};

const VALUES: Record<string, BulkValue[]> = {
  big: [0n, -1n, 9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, 9_007_199_254_740_993n, null],
  small: [0, 2_147_483_647, -2_147_483_648, null],
  flag: [true, false, null],
  word: ['', 'abcdefgh', 'Žluťoučk', '😀😀😀😀😀😀😀😀', ' a ', "'", '\\', null],
  words: ['', 'line\nline\r\n\ttab \\N \\. \\x41', '😀'.repeat(3_000), 'null', '\u0001', null],
  moment: [
    '2026-01-31 23:59:59.123456',
    '1970-01-01 00:00:00.000000',
    '2199-12-31 00:00:00.000001',
    '2024-02-29 12:00:00.500000',
    null,
  ],
  bytes: [
    Buffer.alloc(0),
    Buffer.from([0, 255, 10, 13, 92, 39, 34, 26, 128]),
    Buffer.alloc(100_000, 0),
    null,
  ],
};

describeEngines('values', (name) => {
  let database: TestDatabase;
  let engine: Engine;

  beforeAll(async () => {
    database = await freshDatabase(name);
    engine = await database.open('create');
    for (const statement of engine.ddl.createTable(TABLE))
      await sql.raw(statement.sql).execute(engine.kysely());
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });

  const insert = (name_: string, value: BulkValue) =>
    sql`insert into every_type (${sql.ref(name_)}) values (${value})`.execute(engine.kysely<unknown>());
  const stored = async (name_: string) => {
    const { rows } = await sql<
      Record<string, unknown>
    >`select ${sql.ref(name_)} from every_type order by id`.execute(engine.kysely<unknown>());
    return rows.map((row) => row[name_]);
  };
  const empty = () => sql`delete from every_type`.execute(engine.kysely<unknown>());

  test.each(Object.entries(VALUES))('%s comes back as it was inserted', async (name_, values) => {
    await empty();
    for (const value of values) await insert(name_, value);
    expect(await stored(name_)).toEqual(values);
  });

  test.each(Object.entries(VALUES))('%s comes back as it was bulk loaded', async (name_, values) => {
    await empty();
    const loaded = await engine.bulkLoad({
      table: 'every_type',
      columns: [name_],
      rows: values.map((value) => [value]),
    });
    expect(loaded).toBe(values.length);
    expect(await stored(name_)).toEqual(values);
  });

  test.runIf(name === 'postgresql')(
    'the line that the server writes of a row is the one that we would write',
    async () => {
      const { jsonArray } = engine;
      if (!jsonArray) throw new Error('the server writes lines');
      const controls = Array.from({ length: 31 }, (_, code) => String.fromCharCode(code + 1)).join('');
      const more: Record<string, BulkValue[]> = {
        big: [
          9_007_199_254_740_991n,
          9_007_199_254_740_992n,
          -9_007_199_254_740_991n,
          -9_007_199_254_740_992n,
        ],
        words: [controls, `"\\/\u007f\u0080\u2028\u2029\ufffd\ud7ff\ue000`, '<&>', '\\u0041'],
        data: [
          '{"b": 1, "a": ["\\u0001\\n\\"", 1e400, 12345678901234567890, "ž😀"]}',
          '"text"',
          'null',
          null,
        ],
        moment: ['0001-01-01 00:00:00.000000', '9999-12-31 23:59:59.999999'],
        bytes: [Buffer.alloc(100, 1), Buffer.from([0])],
      };
      const columns = TABLE.columns.map(({ name: name_, type }) => ({
        name: name_,
        type: type.kind === 'string' ? `string(${type.length})` : type.kind,
      }));
      const codec = new RowCodec(columns);
      await empty();
      for (const values of [VALUES, more])
        for (const [name_, some] of Object.entries(values))
          for (const value of some) await insert(name_, value);
      for (const moment of ['infinity', '-infinity', '0044-03-15 12:00:00 BC', '10000-01-01'])
        await insert('moment', moment);
      const { rows } = await sql<Record<string, unknown>>`
      select every_type.*, ${jsonArray(columns)} as line from every_type order by id`.execute(
        engine.kysely<unknown>(),
      );
      expect(rows.length).toBeGreaterThan(50);
      expect(rows.map(({ line }) => line)).toEqual(
        rows.map((row) => codec.encode(columns.map((one) => row[one.name]))),
      );
    },
  );

  test('JSON comes back as the same JSON, read as text', async () => {
    await empty();
    const documents = ['{"a": [1, "ž😀", null, true, {"b": "\\u0041\\\\"}]}', '[]', '"text"', '12.5', 'null'];
    for (const document of documents) await insert('data', document);
    const found = await stored('data');
    expect(found.every((text) => typeof text === 'string')).toBe(true);
    expect(found.map((text) => JSON.parse(String(text)))).toEqual(documents.map((text) => JSON.parse(text)));
  });

  test('an instant that the engine fills in is UTC now, even for a session in another time zone', async () => {
    await empty();
    const zone = {
      sqlite: undefined,
      mysql: "set time_zone = '+05:00'",
      mariadb: "set time_zone = '+05:00'",
      postgresql: "set time zone 'Asia/Tashkent'",
    }[name];
    const made = await engine
      .kysely<unknown>()
      .connection()
      .execute(async (connection) => {
        if (zone) await sql.raw(zone).execute(connection);
        await sql`insert into every_type (small) values (1)`.execute(connection);
        if (zone)
          await sql
            .raw(name === 'postgresql' ? "set time zone 'UTC'" : "set time_zone = '+00:00'")
            .execute(connection);
        const { rows } = await sql<{ made: string }>`select made from every_type`.execute(connection);
        return rows[0]?.made ?? '';
      });
    expect(made).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(Math.abs(Date.parse(`${made.replace(' ', 'T')}Z`) - Date.now())).toBeLessThan(60_000);
  });

  test('a text default keeps its quote, and a mixed-case name its case', async () => {
    await empty();
    await sql`insert into every_type (small) values (1)`.execute(engine.kysely<unknown>());
    expect(await stored('DatMixed')).toEqual(["it's new"]);
  });

  test.each([
    ['word', 'nine char'],
    ['word', '😀'.repeat(9)],
    ['small', 2_147_483_648],
    ['data', '{"a": '],
    ['moment', 'no date'],
    ['moment', '2026-02-30 00:00:00.000000'],
    ['big', 'abc'],
  ])('%s refuses %j', async (name_, value) => {
    // SQLite has no calendar: its check knows the form of an instant, not how long February is.
    if (name === 'sqlite' && value === '2026-02-30 00:00:00.000000') return;
    await expect(insert(name_, value)).rejects.toMatchObject({ code: 'CONSTRAINT' });
  });

  test('texts that differ in case, accents or trailing blanks differ in a unique key', async () => {
    const table: TableDefinition = {
      name: 'unique_words',
      comment: 'words',
      primaryKey: ['id'],
      columns: [
        TABLE.columns[0] as ColumnDefinition,
        { ...column('word', { kind: 'string', length: 20 }), nullable: false },
      ],
    };
    const index = { name: 'uq_unique_words_word', table: 'unique_words', columns: ['word'], unique: true };
    for (const { sql: text } of [...engine.ddl.createTable(table), ...engine.ddl.createIndex(index, true)])
      await sql.raw(text).execute(engine.kysely());
    const words = ['straße', 'STRASSE', 'strasse', 'Strasse', 'strasse ', 'ß', 'ss', 'é', 'e'];
    for (const word of words)
      await sql`insert into unique_words (word) values (${word})`.execute(engine.kysely<unknown>());
    await expect(
      sql`insert into unique_words (word) values ('ß')`.execute(engine.kysely<unknown>()),
    ).rejects.toMatchObject({ code: 'CONSTRAINT' });
  });

  test('after a bulk load with ids of its own, the next id is a new one', async () => {
    await empty();
    await engine.bulkLoad({
      table: 'every_type',
      columns: ['id', 'small'],
      rows: [
        [5_000n, 1],
        [5_001n, 2],
      ],
    });
    await sql`insert into every_type (small) values (3)`.execute(engine.kysely<unknown>());
    const { rows } = await sql<{ id: bigint }>`select id from every_type where small = 3`.execute(
      engine.kysely<unknown>(),
    );
    expect(rows[0]?.id).toBeGreaterThan(5_001n);
  });

  test('a bulk load that fails says why, and its connection is usable for the next', async () => {
    await empty();
    const rows = [
      [1n, 'fits'],
      [2n, 'far too long'],
    ] as const;
    await expect(
      engine.bulkLoad({ table: 'every_type', columns: ['id', 'word'], rows }),
    ).rejects.toMatchObject({ code: 'CONSTRAINT' });
    expect(await stored('word')).toEqual([]);
    expect(
      await engine.bulkLoad({ table: 'every_type', columns: ['id', 'word'], rows: [[1n, 'fits']] }),
    ).toBe(1);
  });

  test('an empty bulk load is no error', async () => {
    expect(await engine.bulkLoad({ table: 'every_type', columns: ['small'], rows: [] })).toBe(0);
  });

  test('a bulk load whose source fails passes that failure on and writes nothing', async () => {
    await empty();
    function* broken(): Generator<readonly BulkValue[]> {
      yield [1];
      throw new Error('the source broke');
    }
    await expect(
      engine.bulkLoad({ table: 'every_type', columns: ['small'], rows: broken() }),
    ).rejects.toThrow('the source broke');
    expect(await stored('small')).toEqual([]);
  });
});
