/** What the contract says of rows that are moved, found and compared is so on every engine; values are in values.test.ts. */
import fc from 'fast-check';
import { type CompiledQuery, type Kysely, sql } from 'kysely';
import { expect } from 'vitest';
import type { BulkValue, Rows } from '../../src/engines/index.ts';
import { RowCodec } from '../../src/transfer/row-stream/values.ts';
import { type AgedRow, agedRows, instant, newestFirst } from '../harness/aged-rows.ts';
import { asking } from '../harness/asked.ts';
import { describeRole } from '../harness/role.ts';
import { tries } from '../harness/tries.ts';
import { column, TABLE } from './row-table.ts';
import { jsonArray, largeValues, rowCopies, rowLines } from './saved-rows.ts';

const AGED = {
  ...TABLE,
  name: 'row_aged',
  columns: [TABLE.columns[0], { ...column('at', { kind: 'datetime' }), nullable: false }],
};

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
/** By the logical type of the column of `row_nasty` that takes them. */
const NASTY: Readonly<Record<'text' | 'json' | 'datetime', readonly string[]>> = {
  text: ['a\0b', '\0', '\u{1F600}e\u0301', '\\', "'", '\uFEFF', ' a ', '\u007f\u0001\r\n'],
  json: [
    '"\\u0000"',
    '"\\\\u0000"',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\ude00\\ud83d"',
    '"\\\\ud800"',
    '{"b":1,"a":2,"a":3}',
    '[1e400]',
    '["1e400", 1e4]',
    `[${'9'.repeat(320)}]`,
    '[0.1, 1.0, 1e2, -0, 18446744073709551615]',
    nested(31),
    nested(32),
    nested(100),
    nested(101),
    nested(1_000),
    nested(1_001),
  ],
  datetime: [
    '0001-01-01 00:00:00.000000',
    '0999-12-31 23:59:59.999999',
    '9999-12-31 23:59:59.999999',
    'infinity',
    '0044-03-15 12:00:00+00 BC',
  ],
};

// In this order: what is loaded is found, copied, and compared.
describeRole<Rows>('rows', {
  bulkLoad: async ({ engine, run, value }) => {
    for (const statement of engine.ddl.createTable(TABLE)) await run(statement.sql);
    const told: number[] = [];
    const row = (id: bigint) => [id, Number(id) * 2, `žába ${id}`, Buffer.from([0, 255]), '[1]'];
    // Pages of no, one, and more rows than a batch has.
    async function* rows(): AsyncGenerator<readonly (readonly BulkValue[])[]> {
      yield [row(1n)];
      yield [];
      yield Array.from({ length: 2_499 }, (_, place) => row(BigInt(place) + 2n));
    }
    const columns = ['id', 'small', 'words', 'bytes', 'data'];
    const load = { table: 'row_every', columns, rows: rows(), onProgress: (done: number) => told.push(done) };
    expect(await engine.bulkLoad(load)).toBe(2_500);
    expect(told.at(-1)).toBe(2_500);
    expect(await value('select count(*) from row_every')).toBe(2_500n);
    // What comes first in the transaction is done and undone with its rows.
    const replaced = (last: bigint) =>
      engine.bulkLoad({
        table: 'row_every',
        columns: ['id'],
        rows: [[1n], [last]],
        whole: true,
        inTransaction: async (db) => {
          await sql`delete from row_every where id <= 2`.execute(db);
        },
      });
    await expect(replaced(3n)).rejects.toMatchObject({ code: 'CONSTRAINT' });
    expect(await value('select count(*) from row_every where small is not null')).toBe(2_500n);
    expect(await replaced(2n)).toBe(2);
    expect(await value('select count(*) from row_every where small is null')).toBe(2n);
    await run(
      "update row_every set small = id * 2, words = 'žába 1', bytes = null, data = '[1]' where id <= 2",
    );
    await sql`update row_every set bytes = ${Buffer.from([0, 255])} where id <= 2`.execute(
      engine.kysely<unknown>(),
    );
  },

  distinctValues: async ({ engine, run }) => {
    await run(
      'create index ix_row_every_small on row_every (small)',
      'update row_every set small = 7 where id < 1000',
    );
    const values = async (from: bigint, most: number) => {
      const wanted = { table: 'row_every', column: 'small', from, most };
      const { rows } = await sql<{
        value: bigint | number;
      }>`select value from (${engine.distinctValues(wanted)}) as v
        order by value`.execute(engine.kysely<unknown>());
      return rows.map(({ value }) => Number(value));
    };
    expect(await values(-5n, 3)).toEqual([7, 2_000, 2_002]);
    expect(await values(8n, 2)).toEqual([2_000, 2_002]);
    expect(await values(4_996n, 10)).toEqual([4_996, 4_998, 5_000]);
    expect(await values(5_001n, 10)).toEqual([]);
    await run('update row_every set small = id * 2 where id < 1000');
  },

  oldestOfNewest: async ({ engine, other, run }) => {
    const db = engine.kysely<unknown>();
    for (const statement of engine.ddl.createTable(AGED)) await run(statement.sql);
    await run('create index ix_row_aged_at_id on row_aged (at, id)');
    const fill = async (rows: readonly AgedRow[]) => {
      await run('delete from row_aged');
      await engine.bulkLoad({
        table: 'row_aged',
        columns: ['id', 'at'],
        rows: rows.map((row) => [row.id, row.at]),
      });
    };
    const oldest = (n: number, by = db) => engine.oldestOfNewest(by, { table: 'row_aged', at: 'at', n });
    await fc.assert(
      fc.asyncProperty(agedRows, async (rows) => {
        await fill(rows);
        const sorted = newestFirst(rows);
        for (const n of new Set([1, 2, 5, rows.length - 1, rows.length, rows.length + 1])) {
          if (n < 1) continue;
          const expected = rows.length > n ? sorted[n - 1] : null;
          expect({ n, place: await oldest(n) }).toEqual({
            n,
            place: expected && { at: expected.at, id: expected.id },
          });
        }
      }),
      { numRuns: tries(15) },
    );
    // Whatever somebody else deletes or adds while it is looked for, so many are kept as there were at one moment.
    const rows = Array.from({ length: 30 }, (_, n) => ({ id: BigInt(n + 1), at: instant(n) }));
    for (const answers of [1, 2, 3, 4]) {
      await fill(rows);
      let answered = 0;
      const asked: CompiledQuery[] = [];
      const place = await oldest(
        20,
        asking(engine, asked, async () => {
          if (++answered !== answers) return;
          const others = other.kysely<unknown>();
          await sql`delete from row_aged where id <= 8`.execute(others);
          await sql`insert into row_aged (id, at) ${other.keepingIds} values (40, ${instant(40)})`.execute(
            others,
          );
        }),
      );
      const left = (await sql<AgedRow>`select id, at from row_aged order by at, id`.execute(db)).rows;
      expect(asked.length).toBeLessThan(6);
      if (place) {
        const kept = left.filter(({ at }) => at >= place.at);
        expect(kept.length).toBeGreaterThanOrEqual(20);
      }
    }
    await run('drop table row_aged');
  },

  keepingIds: async ({ engine, name, run, value }) => {
    // An administrator may have made them so that no id is taken from outside.
    if (name === 'postgresql') await run('alter table row_every alter column id set generated always');
    await sql`insert into row_every (id, small) ${engine.keepingIds} values (9000, 1)`.execute(
      engine.kysely<unknown>(),
    );
    expect(await value('select small from row_every where id = 9000')).toBe(1);
  },

  overwriting: async ({ engine, run, value }) => {
    await run('create table row_over (id bigint primary key, small integer, words varchar(9))');
    await run("insert into row_over values (1, 1, 'one'), (2, 2, 'two')");
    await sql`insert into row_over (id, small, words) values (1, 10, null), (3, 3, 'three')
      ${engine.overwriting(['id'], ['small', 'words'])}`.execute(engine.kysely<unknown>());
    expect(String(await value('select small from row_over where id = 1 and words is null'))).toBe('10');
    expect(await value('select words from row_over where id = 2')).toBe('two');
    expect(String(await value('select small from row_over where id = 3'))).toBe('3');
    await run('drop table row_over');
  },

  cannotHold: async ({ engine, run, value }) => {
    const types = ['text', 'json', 'datetime'] as const;
    const columns = types.map((kind) => column(kind, { kind }));
    const [id] = TABLE.columns;
    for (const statement of engine.ddl.createTable({
      ...TABLE,
      name: 'row_nasty',
      columns: [id, ...columns],
    }))
      await run(statement.sql);
    for (const type of types)
      for (const nasty of NASTY[type]) {
        const codec = new RowCodec([{ name: type, type }]);
        let kept = true;
        try {
          await engine.bulkLoad({ table: 'row_nasty', columns: [type], rows: [[nasty]] });
          const stored = await value(`select ${JSON.stringify(type).replaceAll('"', '')} from row_nasty`);
          kept = codec.digest([stored]) === codec.digest([nasty]);
        } catch {
          kept = false;
        }
        await run('delete from row_nasty');
        const said = engine.cannotHold(type, nasty);
        expect({ type, nasty: nasty.slice(0, 40), length: nasty.length, kept }).toEqual({
          type,
          nasty: nasty.slice(0, 40),
          length: nasty.length,
          kept: said === null,
        });
      }
  },

  catchUpIdentity: async ({ engine, run, value }) => {
    await engine.catchUpIdentity('row_every');
    await run('insert into row_every (small) values (-7)');
    expect(await value('select id from row_every where small = -7')).toBe(9_001n);
    await run('delete from row_every where id >= 9000');
    // An id of a row that was deleted is not given again.
    await engine.catchUpIdentity('row_every');
    await run('insert into row_every (small) values (-8)');
    expect(await value('select id from row_every where small = -8')).toBe(9_002n);
    await run('delete from row_every where id >= 9000');
    // Nor is one that was given elsewhere; and it never goes back.
    await engine.catchUpIdentity('row_every', 9_500n);
    await engine.catchUpIdentity('row_every', 7n);
    await run('insert into row_every (small) values (-9)');
    expect(await value('select id from row_every where small = -9')).toBe(9_501n);
    await run('delete from row_every where id >= 9000');
    const empty = { ...TABLE, name: 'row_never' };
    for (const statement of engine.ddl.createTable(empty)) await run(statement.sql);
    await engine.catchUpIdentity('row_never', 41n);
    await run('insert into row_never (small) values (1)');
    expect(await value('select id from row_never')).toBe(42n);
  },

  between: async ({ engine, other, name, run, value }) => {
    await run('create table in_range (id bigint not null primary key, job bigint not null)');
    await run('create index ix_in_range on in_range (job)');
    await engine.bulkLoad({
      table: 'in_range',
      columns: ['id', 'job'],
      rows: Array.from({ length: 2_000 }, (_, n) => [BigInt(n + 1), BigInt(n + 1)]),
    });
    if (name !== 'sqlite') await run(`analyze ${name === 'postgresql' ? '' : 'table '}in_range`);
    const remove = (db: Kysely<unknown>, column: string, first: bigint, last: bigint) =>
      sql`delete from in_range where ${engine.between(column, first, last)}`.execute(db);
    await remove(engine.kysely(), 'id', 1n, 2n);
    expect(await value('select min(id) from in_range')).toBe(3n);
    if (!engine.capabilities.rowLocks) return;
    // What somebody else deletes right behind it is not waited for.
    for (const [column, first] of [
      ['id', 11n],
      ['job', 111n],
    ] as const)
      await other
        .kysely<unknown>()
        .transaction()
        .execute(async (transaction) => {
          await remove(transaction, column, first + 10n, first + 19n);
          await remove(engine.kysely(), column, first, first + 9n);
        });
    expect(await value('select count(*) from in_range')).toBe(1_958n);
  },

  among: async ({ engine }) => {
    const count = async (ids: readonly bigint[]) => {
      const { rows } = await sql<{ n: bigint }>`
        select count(*) as n from row_every where ${engine.among('id', ids)}`.execute(
        engine.kysely<unknown>(),
      );
      return rows[0]?.n;
    };
    expect(await count([])).toBe(0n);
    expect(await count([1n, 2n, 2n, 2_500n, 2_501n])).toBe(3n);
    expect(await count([9_223_372_036_854_775_807n, -1n])).toBe(0n);
    expect(await count(Array.from({ length: 20_000 }, (_, id) => BigInt(id)))).toBe(2_500n);
  },

  asText: async ({ engine }) => {
    const lengths = ['words', 'bytes', 'data'].map((name) => {
      const type = name === 'words' ? 'text' : name === 'bytes' ? 'binary' : 'json';
      return sql`octet_length(${engine.asText(name, type)}) as ${sql.ref(name)}`;
    });
    const { rows } = await sql<Record<string, unknown>>`
      select ${sql.join(lengths)} from row_every where id = 1`.execute(engine.kysely<unknown>());
    expect(Object.values(rows[0] ?? {}).map(Number)).toEqual([Buffer.byteLength('žába 1'), 2, 3]);
  },

  bytesOfText: async ({ engine, name, run }) => {
    const { bytesOfText } = engine;
    expect(bytesOfText === null).toBe(name !== 'sqlite');
    const broken = {
      sqlite: "cast(x'61ff' as text)",
      mysql: "x'61ff'",
      mariadb: "x'61ff'",
      postgresql: "E'a\\xff'",
    };
    const insert = run(`insert into row_every (words) values (${broken[name]})`);
    // Where there is no such text, the engine takes none.
    if (!bytesOfText)
      return expect(insert).rejects.toMatchObject({ code: expect.stringMatching(/CONSTRAINT|FAILED/) });
    await insert;
    const { rows } = await sql<{ words: string; bytes: Buffer }>`
      select words, ${bytesOfText('words')} as bytes from row_every where id > 2500`.execute(
      engine.kysely<unknown>(),
    );
    expect(rows).toEqual([{ words: 'a\uFFFD', bytes: Buffer.from([0x61, 0xff]) }]);
    await run('delete from row_every where id > 2500');
  },

  jsonArray,

  rowLines,

  rowCopies,

  largeValues,

  largestStatement: async ({ engine, name }) => {
    const limit = await engine.largestStatement();
    expect(limit === null).toBe(name === 'sqlite' || name === 'postgresql');
    if (!limit) return;
    expect(limit.bytes).toBeGreaterThan(1024 * 1024);
    const raised = Number(/^SET GLOBAL max_allowed_packet = (\d+)$/.exec(limit.raiseTo(limit.bytes))?.[1]);
    expect(raised).toBeGreaterThan(limit.bytes);
  },

  brokenReferences: async ({ engine, run, name }) => {
    await run(
      'create table row_parent (id bigint not null primary key)',
      'create table row_child (id bigint not null primary key, parent_id bigint not null, foreign key (parent_id) references row_parent (id))',
      'insert into row_parent values (1)',
      'insert into row_child values (1, 1)',
    );
    expect(await engine.brokenReferences(engine.kysely<unknown>())).toBeNull();
    if (name !== 'sqlite') return; // Servers are asked for none: nobody but an administrator can switch keys off.
    await run('pragma foreign_keys = off', 'delete from row_parent', 'pragma foreign_keys = on');
    const broken = await engine.brokenReferences(engine.kysely<unknown>());
    expect(broken?.examples).toEqual([
      'row 1 of row_child refers to a row of row_parent that does not exist',
    ]);
    await run(broken?.listedBy ?? '');
  },
});
