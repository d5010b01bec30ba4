/** Reads a value by one query for each piece of it. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoredValue } from './contract/rows.ts';

/** More would leave more behind for the garbage collection, and gain little. */
export const READ_BYTES = 1024 * 1024;

/**
 * @param whole what the pieces are of @param pieceFrom the one that begins at a place, from 1
 * @param rest what the query ends with
 * @throws TypeError; an Error when the value has become another one meanwhile
 */
export async function* readPieces(
  db: Kysely<unknown>,
  { column, bytes }: Pick<StoredValue, 'column' | 'bytes'>,
  whole: RawBuilder<unknown>,
  pieceFrom: (place: number) => RawBuilder<unknown>,
  rest: RawBuilder<unknown>,
): AsyncGenerator<Buffer> {
  for (let read = 0; read < bytes; ) {
    const { rows } = await sql<{ piece: unknown; bytes: unknown }>`
      select ${pieceFrom(read + 1)} as piece, octet_length(${whole}) as bytes ${rest}`.execute(db);
    const [{ piece, bytes: now } = {}] = rows;
    if (Number(now) !== bytes) throw new Error(`${column} was changed while it was read`);
    if (!Buffer.isBuffer(piece) || piece.length === 0) throw new TypeError(`${column} is not of its type`);
    read += piece.length;
    yield piece;
  }
}
