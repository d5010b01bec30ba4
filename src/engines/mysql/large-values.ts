/**
 * Values in pieces on MySQL and MariaDB: read and written by way of the session's variables. Appending to the
 * column itself would write all of it again for each piece, to the undo and redo logs as well.
 */
import { sql } from 'kysely';
import type { LargeValues } from '../contract/rows.ts';
import { READ_BYTES, readPieces } from '../read-pieces.ts';

/** Appending copies what is there already: short pieces are put together first. */
const PART_BYTES = 16 * 1024 * 1024;
const READ = sql.raw('@multiflexi_read');
const NOTHING = sql`cast('' as binary)`;
const PART = sql.raw('@multiflexi_part');
const variable = (place: number) => sql.raw(`@multiflexi_value_${place}`);

export const LARGE_VALUES: LargeValues = {
  // No value is larger than max_allowed_packet, which is 1 GiB at most.
  largestRow: 1024 * 1024 * 1024,
  async *read(db, { table, column, bytes, isRow, locks }) {
    const lock = locks ? sql`for update` : sql``;
    // InnoDB reads all of a value for each part of it; and what a variable has is of one moment.
    await sql`set ${READ} = (select cast(${sql.ref(column)} as binary) from ${sql.table(table)} where ${isRow} ${lock})`.execute(
      db,
    );
    // Of a variable, all of it is copied for each part: so the parts are large, and pieces are taken of them.
    for (let start = 0; start < bytes; start += PART_BYTES) {
      const part = { column, bytes: Math.min(PART_BYTES, bytes - start) };
      const isWhole = sql`octet_length(${READ}) = ${sql.lit(bytes)}`;
      await sql`set ${PART} = if(${isWhole}, substring(${READ}, ${sql.lit(start + 1)}, ${sql.lit(PART_BYTES)}), null)`.execute(
        db,
      );
      const piece = (place: number) => sql`substring(${PART}, ${sql.lit(place)}, ${sql.lit(READ_BYTES)})`;
      yield* readPieces(db, part, PART, piece, sql``);
    }
    await sql`set ${READ} = null, ${PART} = null`.execute(db);
  },
  async gathered(db, values, write) {
    for (const [place, { pieces }] of values.entries()) {
      const value = variable(place);
      await sql`set ${value} = ${NOTHING}, ${PART} = ${NOTHING}`.execute(db);
      let bytes = 0;
      for await (const piece of pieces) {
        await sql`set ${PART} = concat(${PART}, ${piece})`.execute(db);
        bytes += piece.length;
        if (bytes < PART_BYTES / 2) continue;
        await sql`set ${value} = concat(${value}, ${PART}), ${PART} = ${NOTHING}`.execute(db);
        bytes = 0;
      }
      await sql`set ${value} = concat(${value}, ${PART}), ${PART} = null`.execute(db);
    }
    await write(
      values.map(({ type }, place) =>
        type === 'binary' ? variable(place) : sql`convert(${variable(place)} using utf8mb4)`,
      ),
      sql``,
    );
    // The server would keep them as long as the session lasts.
    for (const place of values.keys()) await sql`set ${variable(place)} = null`.execute(db);
  },
};
