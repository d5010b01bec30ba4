/** What is summed by lines that the database writes is what is summed by the rows' values, whatever is in them. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BulkValue, Engine, LogicalType } from '../../src/engines/index.ts';
import { LineSums } from '../../src/transfer/digest/line-sums.ts';
import { digestsOf, ofOneMoment, type Side, sumOf } from '../../src/transfer/digest/portions.ts';
import type { RowDigestParts } from '../../src/transfer/digest/row-digests.ts';
import { RowSum } from '../../src/transfer/row-stream/values.ts';
import type { KeyRange } from '../../src/transfer/rows/read-rows.ts';
import { describeEngines, freshDatabase, type TestDatabase, testWhere } from '../harness/engines.ts';
import { makeTable, streamedTable } from '../harness/streamed-table.ts';

const TYPES: Readonly<Record<string, LogicalType>> = {
  big: { kind: 'bigint' },
  small: { kind: 'integer' },
  flag: { kind: 'boolean' },
  word: { kind: 'string', length: 40 },
  data: { kind: 'json' },
  bytes: { kind: 'binary' },
  words: { kind: 'text' },
  moment: { kind: 'datetime' },
  more: { kind: 'json' },
};
const STREAMED = streamedTable('summed', TYPES);

const controls = Array.from({ length: 31 }, (_, code) => String.fromCharCode(code + 1)).join('');
const VALUES: Readonly<Record<string, readonly BulkValue[]>> = {
  big: [0n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), null],
  small: [0, -2_147_483_648, 2_147_483_647, null],
  flag: [true, false, null],
  word: ['', 'null', '\\N', "'", '"', null],
  data: ['{"b": 1.0, "a": [1e2, 12345678901234567], "c": "x\\ny"}', 'null', '"\\u00e9"', '[]', null],
  bytes: [
    Buffer.alloc(0),
    Buffer.from([0, 255, 10, 34, 92]),
    Buffer.alloc(900, 7),
    Buffer.alloc(4_000, 1),
    null,
  ],
  words: [
    controls,
    '"\\/\u007f\u0080\u2028\u2029\ufffd\ud7ff\ue000😀e\u0301',
    'ž'.repeat(1_500),
    '',
    '\r\n',
    null,
  ],
  moment: ['0001-01-01 00:00:00.000000', '2026-01-31 23:59:59.999999', null],
  more: ['{"z":{"y":null,"x":true}}', null],
};
/** More than a page has, by far. */
const ROWS = 640;
const LARGEST = 2n ** 63n - 1n;

function* rows(): Generator<readonly BulkValue[]> {
  for (let n = 0; n < ROWS; n++) {
    // The last one has the largest key there is.
    const id = n === ROWS - 1 ? LARGEST : BigInt(n * 3 - 100);
    // Each list has a length of its own, so that all kinds meet.
    yield [
      id,
      ...Object.values(VALUES).map(
        (values, place) => values[(n + (n >> (place % 3))) % values.length] ?? null,
      ),
    ];
  }
}

describeEngines('lines that the database writes', (name) => {
  let database: TestDatabase;
  let engine: Engine;
  const writes = name === 'sqlite' || name === 'postgresql';

  beforeAll(async () => {
    database = await freshDatabase(name);
    engine = await database.open('create');
    await makeTable(engine, 'summed', TYPES, rows());
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });

  const summed = async (side: Side, range: KeyRange, table = STREAMED) => {
    const sum = await sumOf(side, table, range);
    return [sum.rows, sum.digest];
  };
  const byValues = (side: Side): Side => ({ ...side, engine: { ...side.engine, rowLines: null } });
  /** How many rows of all were summed by their lines. */
  const byLines = async ({ db }: Side) => {
    let count = 0;
    const range = { first: null, last: null };
    for await (const page of LineSums.of(engine, STREAMED)?.add(db, range, new RowSum()) ?? [])
      count += page.rows;
    return count;
  };

  testWhere(writes)('have the digests of the rows, of all of them and of each range', async () => {
    await ofOneMoment(engine, async (side) => {
      const ends: readonly (bigint | null)[] = [null, -99n, 1_399n, LARGEST];
      for (const first of ends)
        for (const last of ends) {
          const range = { first: first === null ? null : [first], last: last === null ? null : [last] };
          expect(await summed(side, range), `${first} to ${last}`).toEqual(
            await summed(byValues(side), range),
          );
        }
      expect((await sumOf(side, STREAMED, { first: null, last: null })).rows).toBe(ROWS);
    });
  });

  testWhere(writes)(
    'have the same digests where nothing has to be done to the lines of a table',
    async () => {
      const plain = { ...STREAMED, columns: STREAMED.columns.filter(({ type }) => type !== 'json') };
      const all = { first: null, last: null };
      await ofOneMoment(engine, async (side) => {
        expect(await summed(side, all, plain)).toEqual(await summed(byValues(side), all, plain));
        const some = { first: [-50n], last: [1_000n] };
        expect(await summed(side, some, plain)).toEqual(await summed(byValues(side), some, plain));
        let byDatabase = 0;
        for await (const page of LineSums.of(engine, plain)?.add(side.db, all, new RowSum()) ?? [])
          byDatabase += page.rows;
        expect(byDatabase).toBeGreaterThan(ROWS / 3);
      });
    },
  );

  test('have the digest of each row with its key, whoever takes it', async () => {
    const all = { first: null, last: null };
    const plain = { ...STREAMED, columns: STREAMED.columns.filter(({ type }) => type !== 'json') };
    const byKey = ({ rows }: { readonly rows: RowDigestParts }) =>
      new Map(
        [...rows.keys].map((key, place) => [
          key,
          Buffer.from(rows.digests.subarray(place * 16, place * 16 + 16)).toString('hex'),
        ]),
      );
    await ofOneMoment(engine, async (side) => {
      for (const table of [STREAMED, plain]) {
        const found = byKey(await digestsOf(side, table, all, undefined));
        expect(found.size).toBe(ROWS);
        expect(found).toEqual(byKey(await digestsOf(byValues(side), table, all, undefined)));
      }
    });
  });

  test('are written of most rows, where the engine writes any', async () => {
    await ofOneMoment(engine, async (side) => {
      const count = await byLines(side);
      if (!writes) return expect(count).toBe(0);
      expect(count).toBeGreaterThan(ROWS / 3);
      // Those of more than 2 kB are read by themselves.
      expect(count).toBeLessThan(ROWS);
    });
  });

  testWhere(name === 'sqlite')(
    'leave what is not of its column, and no UTF-8, to those who read the rows',
    async () => {
      const db = engine.kysely<unknown>();
      await sql`create table loose (id integer primary key, big bigint, flag boolean, words text)`.execute(
        db,
      );
      const table = {
        name: 'loose',
        key: ['id'],
        columns: [
          { name: 'id', type: 'bigint' },
          ...['big', 'flag', 'words'].map((column, place) => ({
            name: column,
            type: ['bigint', 'boolean', 'text'][place] ?? '',
          })),
        ],
      };
      const all = { first: null, last: null };
      const both = () =>
        ofOneMoment(engine, async (side) => [
          await summed(side, all, table),
          await summed(byValues(side), all, table),
        ]);
      const digests = new Set<string>();
      for (const text of [
        "cast(x'61ff' as text)",
        "cast(x'61fe' as text)",
        "'a\uFFFD'",
        "cast(x'eda080' as text)",
      ]) {
        await sql`delete from loose`.execute(db);
        await sql`insert into loose values (1, 2, 1, 'before'), (2, null, 7, ${sql.raw(text)}), (3, 1, 0, 'b')`.execute(
          db,
        );
        const [one, other] = await both();
        expect(one, text).toEqual(other);
        digests.add(String(one?.[1]));
      }
      expect(digests.size).toBe(4);
      // An id in a text is an error to whoever reads the row, and so it is here.
      await sql`update loose set words = cast(5 as integer) where id = 3`.execute(db);
      await sql`create table looser as select id, big, flag, 5 as words from loose`.execute(db);
      const looser = { ...table, name: 'looser' };
      await ofOneMoment(engine, async (side) => {
        await expect(summed(byValues(side), all, looser)).rejects.toThrow(TypeError);
        await expect(summed(side, all, looser)).rejects.toThrow(TypeError);
      });
    },
  );

  testWhere(name === 'sqlite')('of a file whose texts are UTF-16 have the same digests', async () => {
    const other = await freshDatabase('sqlite');
    const file = await other.open('create');
    const db = file.kysely<unknown>();
    await sql`pragma encoding = 'UTF-16le'`.execute(db);
    await makeTable(file, 'summed', TYPES, rows());
    const all = { first: null, last: null };
    const wanted = await ofOneMoment(engine, (side) => summed(side, all));
    const { rows: found } = await sql<{ encoding: string }>`pragma encoding`.execute(db);
    expect(await ofOneMoment(file, (side) => summed(side, all))).toEqual(wanted);
    expect(found).toEqual([{ encoding: 'UTF-16le' }]);
    await file.close();
    await other.drop();
  });
});
