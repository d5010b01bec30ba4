/** The members of the role `rows` by which rows are saved and put back: lines that the database writes, copies, large values. */
import { hash } from 'node:crypto';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { OnEngine } from '../harness/role.ts';
import { TABLE } from './row-table.ts';

export async function jsonArray({ engine }: OnEngine): Promise<void> {
  const { jsonArray } = engine;
  if (!jsonArray) return; // The client is as fast; what the server writes is in values.test.ts.
  const columns = TABLE.columns.map(({ name, type }) => ({ name, type: type.kind }));
  const { rows } = await sql<{ line: string }>`
    select ${jsonArray(columns)} as line from row_every where id = 1`.execute(engine.kysely<unknown>());
  expect(rows).toEqual([{ line: '[1,2,"žába 1","AP8=","[1]"]' }]);
}

export async function rowLines({ engine }: OnEngine): Promise<void> {
  const { rowLines } = engine;
  if (!rowLines) return; // What lines are of every value is in line-sums.test.ts.
  const columns = TABLE.columns.map(({ name, type }) => ({ name, type: type.kind }));
  const line = sql`case when id <= 2 then ${rowLines.line(columns)} end`;
  const { rows } = await sql<{ lines: string | Buffer }>`
    select ${rowLines.joined(sql`line`)} as lines from (select ${line} as line from row_every order by id limit 3) as page`.execute(
    engine.kysely<unknown>(),
  );
  const bytes = rowLines.bytes === 'hex' ? '00FF' : 'AP8=';
  expect(rows.map(({ lines }) => String(lines))).toEqual([
    `[1,2,"žába 1","${bytes}","[1]"]\n[2,4,"žába 1","${bytes}","[1]"]`,
  ]);
  const { rows: proper } = await sql<{ n: bigint }>`
    select count(*) as n from row_every where not ${rowLines.isProper(columns)}`.execute(
    engine.kysely<unknown>(),
  );
  expect(Number(proper[0]?.n)).toBe(0);
  if (!rowLines.digests) return;
  const digests = sql<Buffer>`${rowLines.digests(sql`line`)}`;
  const { rows: digested } = await sql<{ digests: Buffer; none: Buffer | null }>`
    select ${digests} as digests, ${rowLines.digests(sql`nothing`)} as none
    from (select ${line} as line, cast(null as text) as nothing from row_every order by id limit 3) as page`.execute(
    engine.kysely<unknown>(),
  );
  const wanted = String(rows[0]?.lines)
    .split('\n')
    .map((text) => hash('sha256', text).slice(0, 32));
  const found = digested.map((row) => row.digests.toString('hex').match(/.{32}/g)?.sort());
  expect(found).toEqual([wanted.sort()]);
  expect(digested[0]?.none).toBeNull();
}

export async function rowCopies({ engine, run }: OnEngine): Promise<void> {
  const copies = engine.rowCopies;
  // Row locks keep rows as they were read.
  expect(copies === null).toBe(engine.capabilities.rowLocks);
  if (!copies) return;
  const some = [{ table: 'row_every', column: 'id', ids: [1n, 2n, 3n] }];
  const areCurrent = () =>
    engine
      .kysely<unknown>()
      .transaction()
      .execute((db) => copies.areCurrent(db, some));
  const all = async (table: string) => {
    const { rows } = await sql`select * from ${sql.table(table)} where ${engine.among('id', [1n, 2n, 3n])}
      order by id`.execute(engine.kysely<unknown>());
    return rows;
  };
  for (const change of [
    "update row_every set words = 'ŽÁBA 1' where id = 1",
    'update row_every set small = null where id = 2',
    'delete from row_every where id = 3',
    'insert into row_every (id) values (3)',
  ]) {
    await copies.take(some, 100);
    // With the same types as well.
    expect(await all(copies.copyOf('row_every'))).toStrictEqual(await all('row_every'));
    expect(await areCurrent()).toBe(true);
    await run(change);
    expect(await areCurrent()).toBe(false);
  }
}

export async function largeValues({ engine, name, run }: OnEngine): Promise<void> {
  const { largeValues } = engine;
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, place) => (place * 7) % 256));
  const words = 'žába 🐸 "\\'.repeat(150_000);
  async function* inParts(whole: Buffer) {
    for (let at = 0; at < whole.length; at += 999_999) yield whole.subarray(at, at + 999_999);
  }
  await engine
    .kysely<unknown>()
    .transaction()
    .execute(async (db) => {
      const values = [
        { type: 'text', pieces: inParts(Buffer.from(words)) },
        { type: 'binary', pieces: inParts(bytes) },
      ];
      await largeValues.gathered(db, values, async ([text, binary], from) => {
        await sql`insert into row_every (id, words, bytes) ${engine.keepingIds} select 8000, ${text}, ${binary} ${from}`.execute(
          db,
        );
      });
      // The next one finds nothing of the first.
      const next = [{ type: 'binary', pieces: inParts(Buffer.from('next')) }];
      await largeValues.gathered(db, next, async ([binary], from) => {
        await sql`update row_every set bytes = (select ${binary} ${from}) where id = 1`.execute(db);
      });
    });
  const { rows } = await sql<{ id: bigint; words: string; bytes: Buffer }>`
    select id, words, bytes from row_every where id in (1, 8000) order by id`.execute(
    engine.kysely<unknown>(),
  );
  expect(rows[0]?.bytes).toEqual(Buffer.from('next'));
  expect([rows[1]?.words === words, rows[1]?.bytes.equals(bytes)]).toEqual([true, true]);
  const read = (column: string, type: string, length: number) =>
    engine
      .kysely<unknown>()
      .transaction()
      .execute(async (db) => {
        const stored = { table: 'row_every', column, type, isRow: sql`id = 8000`, bytes: length };
        const locks = engine.capabilities.rowLocks;
        const pieces: Buffer[] = [];
        for await (const piece of largeValues.read(db, { ...stored, locks })) pieces.push(piece);
        return Buffer.concat(pieces);
      });
  expect((await read('bytes', 'binary', bytes.length)).equals(bytes)).toBe(true);
  expect((await read('words', 'text', Buffer.byteLength(words))).toString() === words).toBe(true);
  // It is held against the length that it had when somebody asked for that.
  await expect(read('bytes', 'binary', bytes.length - 1)).rejects.toThrow('was changed');
  if (name === 'sqlite')
    await expect(read('words', 'binary', Buffer.byteLength(words))).rejects.toThrow(TypeError);
  await run('delete from row_every where id = 8000');
}
