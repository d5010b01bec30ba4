/**
 * Values in pieces on SQLite. It reads a value whole to give out a piece of it, and builds a row whole to write it, and its
 * memory is this process's: so a row is bounded there. (Incremental I/O of values is nothing that better-sqlite3 offers.)
 */
import { sql } from 'kysely';
import type { LargeValues } from '../contract/rows.ts';
import { READ_BYTES, readPieces } from '../read-pieces.ts';
import { smallCache } from './small-cache.ts';

const PIECES = sql.table('temp.multiflexi_pieces');

/** What is more of the temporary tables lies in a file. */
const CACHE_KB = 1_024;

export const LARGE_VALUES: LargeValues = {
  // Copying a row, comparing it and putting it back take twice its size each, beside what the program itself takes.
  largestRow: 16 * 1024 * 1024,
  async *read(db, stored) {
    const usual = await smallCache(db);
    const { table, column, type, isRow } = stored;
    const value = sql.ref(column);
    // In a file whose texts are UTF-16 they are not these bytes.
    const isOfType =
      type === 'binary'
        ? sql`typeof(${value}) = 'blob'`
        : sql`typeof(${value}) = 'text' and (select encoding from pragma_encoding) = 'UTF-8'`;
    const pieces = readPieces(
      db,
      stored,
      value,
      (place) => sql`case when ${isOfType}
        then substr(cast(${value} as blob), ${sql.lit(place)}, ${sql.lit(READ_BYTES)}) end`,
      sql`from ${sql.table(table)} where ${isRow}`,
    );
    try {
      yield* pieces;
    } finally {
      await usual();
    }
  },
  async gathered(db, values, write) {
    const usual = await smallCache(db);
    await sql`pragma temp.cache_size = ${sql.lit(-CACHE_KB)}`.execute(db);
    await sql`create temporary table if not exists multiflexi_pieces
      (value integer, number integer, piece blob, primary key (value, number)) without rowid`.execute(db);
    await sql`delete from ${PIECES}`.execute(db);
    for (const [value, { pieces }] of values.entries()) {
      let number = 0;
      for await (const piece of pieces)
        await sql`insert into ${PIECES} values (${sql.lit(value)}, ${sql.lit(number++)}, ${piece})`.execute(
          db,
        );
    }
    await write(
      values.map(({ type }, value) => {
        // Bytes are put together as texts are; nothing looks at what they are. A subquery's result would be copied once more.
        const whole = sql`group_concat(cast(piece as text), '') filter (where value = ${sql.lit(value)})`;
        return type === 'binary' ? sql`cast(${whole} as blob)` : whole;
      }),
      sql`from (select value, piece from ${PIECES} order by value, number)`,
    );
    await sql`delete from ${PIECES}`.execute(db);
    await usual();
  },
};
