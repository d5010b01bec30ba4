/** Rows that are loaded into a database of any engine are those that were given, and the next ones get ids of their own. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { fillLater, loadRows, readRows } from '../../src/transfer/index.ts';
import { summedRow } from '../../src/transfer/row-stream/pieces.ts';
import { type Row, RowCodec, RowSum } from '../../src/transfer/row-stream/values.ts';
import { deleteRows, writeOver } from '../../src/transfer/rows/replace-rows.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';
import { EMPTY, makeNasty, NASTY_ROWS, NASTY_TABLE } from '../harness/nasty-rows.ts';

const codec = new RowCodec(NASTY_TABLE.columns);

async function sumOf(batches: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>): Promise<RowSum> {
  const sum = new RowSum();
  for await (const rows of batches)
    for (const row of rows) sum.add(codec.digest(await summedRow(NASTY_TABLE.columns, row)));
  return sum;
}

/** As a file gives them: large values in pieces. */
async function given(rows: readonly Row[] = NASTY_ROWS): Promise<readonly Row[]> {
  return Promise.all(rows.map((row) => summedRow(NASTY_TABLE.columns, row)));
}

describeEngines('rows', (name) => {
  let database: TestDatabase;
  let engine: Engine;
  beforeAll(async () => {
    database = await freshDatabase(name);
    engine = await database.open('create');
    await makeNasty(engine);
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });
  const db = () => engine.kysely<unknown>();
  const inTable = () =>
    engine
      .kysely<unknown>()
      .transaction()
      .execute((session) => sumOf(readRows(engine, session, NASTY_TABLE)));

  test('are loaded to the last bit, whatever they refer to, and the next id is a new one', async () => {
    const rows = await given();
    const told: number[] = [];
    const later = ['parent_id'];
    const loaded = await loadRows(engine, NASTY_TABLE, [rows.slice(0, 2), rows.slice(2)], {
      later,
      onRows: (done) => told.push(done),
    });
    expect(loaded).toBe(rows.length);
    expect(told.at(-1)).toBe(rows.length);
    await fillLater(engine, NASTY_TABLE, [rows], { later });
    expect((await inTable()).digest).toBe((await sumOf([rows])).digest);
    await sql`insert into nasty (small) values (1234)`.execute(db());
    const { rows: made } = await sql<{ id: bigint }>`select id from nasty where small = 1234`.execute(db());
    expect(made).toEqual([{ id: 9_007_199_254_740_996n }]);
    await sql`delete from nasty where small = 1234`.execute(db());
  });

  test('become what they are elsewhere, and what refers to them stays', async () => {
    const changed = NASTY_ROWS.filter(([id]) => id !== 1n && id !== 2n).map((row) =>
      row[0] === 0n ? row.with(4, 'changed').with(8, Buffer.alloc(1_200_000, 9)) : row,
    );
    const rows = await given([...changed, EMPTY.with(0, 7n), EMPTY.with(0, 8n)]);
    async function* source() {
      yield rows.filter(([id]) => id === 0n || id === 7n || id === 8n);
    }
    // One may refer to the other, and go along with it uncounted.
    expect(await deleteRows(engine, NASTY_TABLE, [[1n], [2n], [12_345n]])).toBeGreaterThan(0);
    // Of row 8 it is thought that it is there.
    const isThere = ([id]: Row) => id === 0n || id === 8n;
    expect(await writeOver(engine, NASTY_TABLE, source, { isThere, hasUnique: true })).toBe(3);
    expect((await inTable()).digest).toBe((await sumOf([rows])).digest);
    await sql`update nasty set small = 1, word = 'x' where id in (0, 7)`.execute(db());
    await sql`delete from nasty where id = 8`.execute(db());
    expect(await writeOver(engine, NASTY_TABLE, source, { isThere: () => true, hasUnique: false })).toBe(3);
    expect((await inTable()).digest).toBe((await sumOf([rows])).digest);
  });

  test('stop at a signal and at a failure, and are kept as far as they were committed', async () => {
    await sql`delete from nasty`.execute(db());
    const stopped = new AbortController();
    async function* endless() {
      for (let id = 1n; ; id++) {
        if (id === 30_000n) stopped.abort(new Error('enough'));
        yield [EMPTY.with(0, id)];
      }
    }
    await expect(loadRows(engine, NASTY_TABLE, endless(), { signal: stopped.signal })).rejects.toThrow(
      'enough',
    );
    await sql`delete from nasty`.execute(db());
    const twice = [EMPTY, EMPTY];
    await expect(loadRows(engine, NASTY_TABLE, [twice])).rejects.toMatchObject({ code: 'CONSTRAINT' });
    expect((await inTable()).rows).toBe(0);
  });
});
