/** The JSON form of rows: an object a line. A large value is written as it is read, and nothing holds all of it. */
import { createHash } from 'node:crypto';
import type { Engine } from '../../engines/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import { inPieces, PieceLostError } from '../row-stream/pieces.ts';
import { kindOf, type Row, RowCodec, RowSum } from '../row-stream/values.ts';
import { Restorable } from '../rows/restorable.ts';

export class JsonRows {
  readonly sum = new RowSum();
  private readonly table: RowStreamTable;
  private readonly codec: RowCodec;
  private readonly restorable: Restorable;
  private readonly names: readonly string[];

  constructor(engine: Engine, table: RowStreamTable) {
    this.table = table;
    this.codec = new RowCodec(table.columns);
    this.restorable = new Restorable(engine, table);
    this.names = table.columns.map(({ name }) => `${JSON.stringify(name)}:`);
  }

  /** A row without large values. @returns its text, and the row as a reader will have it @throws CANNOT_BE_SAVED */
  text(row: Row): { readonly text: string; readonly read: Row } {
    const values = this.restorable.values(row);
    const line = `[${values.join(',')}]`;
    const read = this.restorable.asRead(row, line);
    const begin = this.begin();
    this.sum.add(this.codec.digest(read, line));
    let text = `${begin}{`;
    let place = 0;
    for (const value of values) {
      if (place > 0) text += ',';
      text += this.names[place++];
      text += value;
    }
    return { text: `${text}}`, read };
  }

  /** A row with large values, which are read as they are written. @throws CANNOT_BE_SAVED; then some of it was written */
  writePieced(row: Row, write: (text: string) => Promise<void>): Promise<Row> {
    return this.restorable.reading(row, async () => {
      const written = [...row];
      const values = this.codec.values(row.map((value) => (value instanceof LargeValue ? null : value)));
      await write(`${this.begin()}{`);
      for (const [place, value] of row.entries()) {
        await write(`${place === 0 ? '' : ','}${this.names[place]}`);
        if (value instanceof LargeValue) written[place] = await this.writeLarge(place, value, write);
        else await write(values[place] ?? 'null');
      }
      await write('}');
      this.sum.add(this.codec.digest(written));
      return written;
    });
  }

  private begin(): string {
    return this.sum.rows === 0 ? '\n' : ',\n';
  }

  /** @returns the value as it counts in the digest of its row */
  private async writeLarge(
    place: number,
    value: LargeValue,
    write: (text: string) => Promise<void>,
  ): Promise<LargeValue> {
    const column = this.table.columns[place];
    const isBinary = column !== undefined && kindOf(column) === 'binary';
    const sum = createHash('sha256');
    let bytes = 0;
    await write('"');
    for await (const piece of isBinary ? inThrees(value.pieces()) : inPieces(value.pieces(), true)) {
      sum.update(piece);
      bytes += piece.length;
      await write(isBinary ? piece.toString('base64') : textOf(piece, column?.name ?? ''));
    }
    await write('"');
    return new LargeValue(bytes, sum.digest('hex'));
  }
}

/** As base64 takes them: only the last piece may end with a rest. */
async function* inThrees(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const more of source) {
    const bytes = rest.length === 0 ? more : Buffer.concat([rest, more]);
    const end = bytes.length - (bytes.length % 3);
    rest = Buffer.from(bytes.subarray(end));
    yield bytes.subarray(0, end);
  }
  if (rest.length > 0) yield rest;
}

/** @param piece of whole characters @throws PieceLostError where it is no text */
function textOf(piece: Buffer, column: string): string {
  const text = piece.toString();
  if (!Buffer.from(text).equals(piece)) throw new PieceLostError(`${column} is not valid UTF-8`);
  return JSON.stringify(text).slice(1, -1);
}
