/** Lines that the database writes are the lines of the rows, and a row without one is read by itself: none is lost, none comes twice. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect } from 'vitest';
import type { BulkValue, Engine, LogicalType } from '../../src/engines/index.ts';
import { ofOneMoment } from '../../src/transfer/digest/portions.ts';
import { RowCodec } from '../../src/transfer/row-stream/values.ts';
import { LinePages } from '../../src/transfer/rows/line-pages.ts';
import { type KeyRange, readRows } from '../../src/transfer/rows/read-rows.ts';
import { describeEngines, freshDatabase, type TestDatabase, testWhere } from '../harness/engines.ts';
import { makeTable, streamedTable } from '../harness/streamed-table.ts';

const TYPES: Readonly<Record<string, LogicalType>> = {
  big: { kind: 'bigint' },
  small: { kind: 'integer' },
  flag: { kind: 'boolean' },
  word: { kind: 'string', length: 8 },
  words: { kind: 'text' },
  moment: { kind: 'datetime' },
};
const STREAMED = streamedTable('lined', TYPES);

const LARGEST = 2n ** 63n - 1n;
const VALUES: Readonly<Record<string, readonly BulkValue[]>> = {
  big: [0n, 2n ** 53n, LARGEST, -(2n ** 63n), null],
  small: [0, -2_147_483_648, 2_147_483_647, null],
  flag: [true, false, null],
  word: ['', 'null', '"\\', '😀'.repeat(8), null],
  words: ['\r\n\t', 'ž'.repeat(3_000), 'x'.repeat(9_000), '\ufffd', '', null],
  moment: ['0001-01-01 00:00:00.000000', '2026-01-31 23:59:59.999999', null],
};
/** More than the largest page has. */
const ROWS = 2_500;

function* rows(): Generator<readonly BulkValue[]> {
  for (let n = 0; n < ROWS; n++) {
    // Both ends of what a key may be, and gaps in between.
    const id = n === 0 ? -LARGEST - 1n : n === ROWS - 1 ? LARGEST : BigInt(n * 3 - 1_000);
    yield [
      id,
      ...Object.values(VALUES).map((values, place) => values[(n >> (place % 3)) % values.length] ?? null),
    ];
  }
}

describeEngines('pages of lines that the database writes', (name) => {
  let database: TestDatabase;
  let engine: Engine;
  const writes = name === 'sqlite' || name === 'postgresql';
  const codec = new RowCodec(STREAMED.columns);

  beforeAll(async () => {
    database = await freshDatabase(name);
    engine = await database.open('create');
    await makeTable(engine, 'lined', TYPES, rows());
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });

  const byValues = async (range: KeyRange) => {
    const lines: string[] = [];
    await ofOneMoment(engine, async ({ db }) => {
      for await (const page of readRows(engine, db, STREAMED, { range }))
        lines.push(...page.map((row) => codec.encode(row)));
    });
    return lines.sort();
  };
  const byLines = async (range: KeyRange) => {
    const lines: string[] = [];
    let left = 0;
    await ofOneMoment(engine, async ({ db }) => {
      for await (const page of LinePages.of(engine, STREAMED)?.inRange(db, range) ?? []) {
        if (page.text) lines.push(...String(page.text).split('\n'));
        if (!page.left) continue;
        for await (const some of readRows(engine, db, STREAMED, page.left)) {
          left += some.length;
          lines.push(...some.map((row) => codec.encode(row)));
        }
      }
    });
    return { lines: lines.sort(), left };
  };

  testWhere(writes)('every row comes once, by its line or by itself, in each range', async () => {
    for (const first of [null, [-1_000n], [500n]])
      for (const last of [null, [5_000n], [LARGEST]])
        expect((await byLines({ first, last })).lines, `${first} to ${last}`).toEqual(
          await byValues({ first, last }),
        );
    const { lines, left } = await byLines({ first: null, last: null });
    expect(lines.length).toBe(ROWS);
    // The large ones alone.
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(ROWS / 3);
  });

  testWhere(!writes)('where it writes none, rows are read themselves', () => {
    expect(LinePages.of(engine, STREAMED)).toBeUndefined();
  });

  testWhere(writes)(
    'a table with JSON has none: the digest of a row is of its JSON in canonical form',
    () => {
      const json = { ...STREAMED, columns: [...STREAMED.columns, { name: 'data', type: 'json' }] };
      expect(LinePages.of(engine, json)).toBeUndefined();
    },
  );

  testWhere(name === 'sqlite')(
    'a value that another engine would refuse is left to whoever reads the row',
    async () => {
      const run = (statement: string) => sql.raw(statement).execute(engine.kysely());
      await run('pragma ignore_check_constraints = on');
      for (const [column, value] of [
        ['word', "'longer than eight'"],
        ['small', '2147483648'],
        ['moment', "'2026-02-30 00:00:00.000000'"],
        ['big', "'no number'"],
        ['words', "cast(x'61ff' as text)"],
      ]) {
        await run(`insert into lined (id, ${column}) values (${LARGEST - 5n}, ${value})`);
        const range = { first: [LARGEST - 9n], last: [LARGEST - 1n] };
        await ofOneMoment(engine, async ({ db }) => {
          const pages: { text: unknown; left: boolean }[] = [];
          for await (const { text, left } of LinePages.of(engine, STREAMED)?.inRange(db, range) ?? [])
            pages.push({ text, left: left !== null });
          expect(pages, column).toEqual([{ text: null, left: true }]);
        });
        await run(`delete from lined where id = ${LARGEST - 5n}`);
      }
    },
  );
});
