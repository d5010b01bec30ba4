/** Whether the database will hold a row of a file just as it is: asked of every row before the first is written. */
import { type BulkValue, type ColumnDefinition, type Engine, typeWord } from '../../engines/index.ts';
import type { TableModel } from '../../migrations/index.ts';
import { HIGHEST_ID, LOWEST_ID } from '../../schema/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import { type Row, rowWords } from '../row-stream/values.ts';
import { requireFits } from '../rows/insert-rows.ts';
import { checkOf, LARGEST_JSON, type ValueCheck } from '../rows/restorable.ts';
import { definitionsOf } from './expected-tables.ts';
import { valueNotHeld } from './failures.ts';

/** Of a row, in bytes: from here on it is asked whether a statement takes it. */
const MAYBE_TOO_LARGE = 512 * 1024;

interface CheckedColumn extends ColumnDefinition {
  readonly word: string;
  readonly check: ValueCheck | undefined;
}

export class RowChecks {
  private readonly engine: Engine;
  private readonly file: string;
  private readonly table: RowStreamTable;
  private readonly columns: readonly CheckedColumn[];

  constructor(engine: Engine, file: string, table: RowStreamTable, model: TableModel) {
    this.engine = engine;
    this.file = file;
    this.table = table;
    const { extremeInstants } = engine.capabilities;
    this.columns = definitionsOf(table, model).map((column) => {
      const word = typeWord(column.type);
      return { ...column, word, check: checkOf({ name: column.name, type: word }, extremeInstants) };
    });
  }

  /** @returns what is to be waited for, if anything @throws CANNOT_BE_LOADED, TOO_LARGE; FILE_DAMAGED for changed pieces */
  require(row: Row): Promise<void> | undefined {
    let bytes = 0;
    let place = 0;
    let isPieced = false;
    for (const column of this.columns) {
      const value = row[place++];
      if (value instanceof LargeValue) {
        bytes += value.bytes;
        isPieced = true;
        continue;
      }
      const fault = this.faultOf(column, value);
      if (fault !== undefined) throw this.refused(row, `${column.name} ${fault}`);
      if (typeof value === 'string' || Buffer.isBuffer(value)) bytes += value.length;
    }
    return isPieced || bytes > MAYBE_TOO_LARGE ? this.requireLarge(row, bytes) : undefined;
  }

  private async requireLarge(row: Row, bytes: number): Promise<void> {
    const { largestRow } = this.engine.largeValues;
    if (bytes > largestRow)
      throw this.refused(row, `its values take ${bytes} bytes, more than ${largestRow}`);
    await requireFits(this.engine, this.table, row, row);
    for (const [place, value] of row.entries()) {
      const column = this.columns[place];
      if (!(value instanceof LargeValue) || !column) continue;
      let fault: string | null = null;
      // Texts have whole characters; what no engine but one takes are single ones, which are the same byte for byte.
      for await (const piece of value.pieces())
        if (column.type.kind === 'text')
          fault ??= this.engine.cannotHold(column.word, piece.toString('latin1'));
      if (fault !== null) throw this.refused(row, `${column.name} ${fault}`);
    }
  }

  private refused(row: Row, reason: string): Error {
    return valueNotHeld(this.file, rowWords(this.table, row), reason);
  }

  private faultOf(column: CheckedColumn, value: unknown): string | undefined {
    if (value === null || value === undefined)
      return column.nullable ? undefined : 'is empty, which it must not be';
    if (typeof value === 'bigint' && (value < LOWEST_ID || value > HIGHEST_ID)) return 'is no 64-bit integer';
    if (typeof value === 'string') {
      if (!value.isWellFormed()) return 'has half a character, which is no Unicode';
      if (column.oneOf && !column.oneOf.includes(value)) return `is none of ${column.oneOf.join(', ')}`;
      if (
        column.type.kind === 'json' &&
        value.length > LARGEST_JSON / 3 &&
        Buffer.byteLength(value) > LARGEST_JSON
      )
        return `takes more than ${LARGEST_JSON} bytes`;
    }
    return column.check?.(value) ?? this.engine.cannotHold(column.word, value as BulkValue) ?? undefined;
  }
}
