/** Values in pieces on PostgreSQL: read by substring, written by way of a temporary table, so that each is copied but once. */
import { sql } from 'kysely';
import type { LargeValues } from '../contract/rows.ts';
import { readPieces } from '../read-pieces.ts';

/** They come as hexadecimal digits, and are in memory several times for a while. */
const READ_BYTES = 256 * 1024;
const PIECES = sql.table('pg_temp.multiflexi_pieces');

export const LARGE_VALUES: LargeValues = {
  // The server makes a row of all its values before it stores the large ones elsewhere, and allocates 1 GiB at most.
  largestRow: 1000 * 1024 * 1024,
  read(db, stored) {
    const { table, column, type, isRow, locks } = stored;
    // Characters are of several bytes: their numbers would have the server count from the beginning.
    const value = type === 'binary' ? sql.ref(column) : sql`convert_to(${sql.ref(column)}, 'UTF8')`;
    return readPieces(
      db,
      stored,
      sql.ref(column),
      (place) => sql`substring(${value} from ${sql.lit(place)} for ${sql.lit(READ_BYTES)})`,
      sql`from ${sql.table(table)} where ${isRow} ${locks ? sql`for update` : sql``}`,
    );
  },
  async gathered(db, values, write) {
    await sql`create temporary table if not exists ${PIECES}
      (value integer, number integer, piece bytea) on commit drop`.execute(db);
    // They are stored for a moment: compressing them would cost more than the disk does.
    await sql`alter table ${PIECES} alter column piece set storage external`.execute(db);
    await sql`truncate ${PIECES}`.execute(db);
    for (const [value, { pieces }] of values.entries()) {
      let number = 0;
      for await (const piece of pieces)
        await sql`insert into ${PIECES} values (${sql.lit(value)}, ${sql.lit(number++)}, ${piece})`.execute(
          db,
        );
    }
    await write(
      values.map(({ type }, value) => {
        const bytes = sql`(select coalesce(string_agg(piece, ''::bytea order by number), ''::bytea)
          from ${PIECES} where value = ${sql.lit(value)})`;
        return type === 'binary' ? bytes : sql`convert_from(${bytes}, 'UTF8')`;
      }),
      sql``,
    );
    await sql`truncate ${PIECES}`.execute(db);
  },
};
