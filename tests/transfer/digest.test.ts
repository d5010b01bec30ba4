/** Rows with unusual keys and texts are counted and compared as what they are, on every engine. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { typeWord } from '../../src/engines/definition.ts';
import type { Engine, LogicalType, TableDefinition } from '../../src/engines/index.ts';
import { compareTable } from '../../src/transfer/digest/compare-tables.ts';
import { digestTables } from '../../src/transfer/digest/digest-tables.ts';
import { ofOneMoment, rangesFrom } from '../../src/transfer/digest/portions.ts';
import type { RowStreamTable } from '../../src/transfer/row-stream/format.ts';
import type { KeyRange } from '../../src/transfer/rows/read-rows.ts';
import { describeEngines, freshDatabase, type TestDatabase, testWhere } from '../harness/engines.ts';

const LARGEST = 9_223_372_036_854_775_807n;
const SMALLEST = -9_223_372_036_854_775_808n;

const BY_ID = defined('by_id', ['id'], { id: { kind: 'bigint' }, word: { kind: 'text' } });
const BY_TWO = defined('by_two', ['id', 'word'], {
  id: { kind: 'bigint' },
  word: { kind: 'string', length: 20 },
  more: { kind: 'text' },
});

function defined(
  name: string,
  primaryKey: readonly string[],
  types: Readonly<Record<string, LogicalType>>,
): TableDefinition {
  const columns = Object.entries(types).map(([column, type]) => ({
    name: column,
    type,
    comment: column,
    nullable: !primaryKey.includes(column),
  }));
  return { name, comment: name, primaryKey, columns };
}

function streamed({ name, primaryKey, columns }: TableDefinition): RowStreamTable {
  return {
    name,
    key: [...primaryKey],
    columns: columns.map((column) => ({ name: column.name, type: typeWord(column.type) })),
  };
}

describeEngines('rows with unusual keys', (name) => {
  let databases: readonly TestDatabase[] = [];
  let engines: readonly [Engine, Engine];

  beforeAll(async () => {
    const [one, other] = [await freshDatabase(name), await freshDatabase(name)];
    databases = [one, other];
    engines = [await one.open('create'), await other.open('create')];
    for (const engine of engines) {
      for (const table of [BY_ID, BY_TWO])
        for (const statement of engine.ddl.createTable(table))
          await sql.raw(statement.sql).execute(engine.kysely<unknown>());
    }
  });
  afterAll(async () => {
    for (const engine of engines) await engine.close();
    for (const database of databases) await database.drop();
  });

  const insert = (engine: Engine, id: bigint, word: string | null) =>
    sql`insert into by_id values (${id}, ${word})`.execute(engine.kysely<unknown>());

  async function compared(table: RowStreamTable) {
    const [one, other] = engines;
    return ofOneMoment(one, (here) =>
      ofOneMoment(other, (there) => compareTable(here, there, table, { mostRows: 10 })),
    );
  }
  const named = async (table: RowStreamTable) =>
    (await compared(table)).ranges.flatMap(({ rows }) => rows.map(({ key, how }) => [key.join(), how]));

  test('an empty table has a digest, and is equal to another one', async () => {
    const [engine] = engines;
    const [found] = await ofOneMoment(engine, (side) => digestTables([side], [streamed(BY_ID)], {}));
    expect([found?.sum.rows, found?.sum.digest]).toEqual([0, '0'.repeat(32)]);
    expect(await named(streamed(BY_ID))).toEqual([]);
  });

  test('a table whose last id is the largest there is has a last range, with nothing behind it', async () => {
    const [engine] = engines;
    for (const id of [SMALLEST, -5n, 7n, LARGEST]) await insert(engine, id, 'a');
    const ranges: KeyRange[] = [];
    await ofOneMoment(engine, async (side) => {
      for await (const range of rangesFrom(side, streamed(BY_ID), null, 2)) ranges.push(range);
    });
    expect(ranges).toEqual([
      { first: null, last: [-5n] },
      { first: [-4n], last: null },
    ]);
  });

  test('neighbours beyond 2^53 are not confused, and the ends of the numbers are in a range', async () => {
    const [one, other] = engines;
    for (const id of [SMALLEST, -5n, LARGEST]) await insert(other, id, 'a');
    await insert(other, 8n, 'a');
    for (const engine of engines) {
      await insert(engine, 9_007_199_254_740_992n, 'x');
      await insert(engine, 9_007_199_254_740_993n, engine === one ? 'x' : 'y');
    }
    await sql`delete from by_id where id = ${LARGEST}`.execute(other.kysely<unknown>());
    await sql`delete from by_id where id = ${SMALLEST}`.execute(one.kysely<unknown>());
    expect(await named(streamed(BY_ID))).toEqual([
      [String(SMALLEST), 'only there'],
      ['7', 'only here'],
      ['8', 'only there'],
      ['9007199254740993', 'differs'],
      [String(LARGEST), 'only here'],
    ]);
  });

  test('rows with two parts of a key are named by both; empty texts are not NULL, nor an accent another way to write it', async () => {
    const rows = [
      [1n, 'é', '\u00e9', 'e\u0301'],
      [1n, 'ž', '', null],
      [2n, 'é', '👍', '👍'],
      [9_007_199_254_740_993n, 'a,b', 'same', 'same'],
    ] as const;
    for (const [place, engine] of engines.entries())
      for (const [id, word, ...more] of rows)
        await sql`insert into by_two values (${id}, ${word}, ${more[place]})`.execute(
          engine.kysely<unknown>(),
        );
    expect((await named(streamed(BY_TWO))).sort()).toEqual([
      ['1,é', 'differs'],
      ['1,ž', 'differs'],
    ]);
    const [one] = engines;
    await sql`delete from by_two where id = 2`.execute(one.kysely<unknown>());
    expect(await named(streamed(BY_TWO))).toContainEqual(['2,é', 'only there']);
  });

  testWhere(name === 'sqlite')(
    'texts that are no UTF-8 differ where their bytes do, although they are read as the same',
    async () => {
      const table: RowStreamTable = {
        name: 'bytes',
        key: ['id'],
        columns: [
          { name: 'id', type: 'bigint' },
          { name: 'word', type: 'text' },
          { name: 'data', type: 'json' },
        ],
      };
      const pairs = [
        [sql`cast(x'61ff' as text)`, sql`cast(x'61fe' as text)`],
        [sql`cast(x'61ff' as text)`, sql`'a' || char(65533)`],
        [sql`cast(x'61ff' as text)`, sql`cast(x'61ff' as text)`],
        [sql`'a' || char(65533)`, sql`'a' || char(65533)`],
      ] as const;
      for (const [place, engine] of engines.entries()) {
        const db = engine.kysely<unknown>();
        await sql`create table bytes (id bigint not null primary key, word text, data text)`.execute(db);
        for (const [id, pair] of pairs.entries()) {
          await sql`insert into bytes values (${id}, ${pair[place]}, null)`.execute(db);
          await sql`insert into bytes values (${id + 10}, null, '"' || ${pair[place]} || '"')`.execute(db);
        }
      }
      expect(await named(table)).toEqual(['0', '1', '10', '11'].map((id) => [id, 'differs']));
    },
  );

  testWhere(name === 'sqlite')('keys of bytes are told apart, and named by their digits', async () => {
    const table: RowStreamTable = {
      name: 'by_bytes',
      key: ['id'],
      columns: [
        { name: 'id', type: 'binary' },
        { name: 'word', type: 'text' },
      ],
    };
    for (const engine of engines) {
      const db = engine.kysely<unknown>();
      await sql`create table by_bytes (id blob not null primary key, word text)`.execute(db);
      await sql`insert into by_bytes values (x'ff', 'a'), (x'fe', 'b')`.execute(db);
    }
    expect(await named(table)).toEqual([]);
    await sql`update by_bytes set word = 'c' where id = x'fe'`.execute(engines[1].kysely<unknown>());
    expect(await named(table)).toEqual([['0xfe', 'differs']]);
  });
});
