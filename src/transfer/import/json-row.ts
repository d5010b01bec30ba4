/** Builds a row of an export from its tokens: scalars alone, each column once, and values no longer than their columns take. */
import type { RowStreamColumn, RowStreamTable } from '../row-stream/format.ts';
import { canBePieced } from '../row-stream/pieces.ts';
import { kindOf } from '../row-stream/values.ts';
import { LARGEST_JSON } from '../rows/restorable.ts';
import type { Token } from './json-tokens.ts';
import { SmallJsonError, shown } from './small-json.ts';
import { Spool } from './spool.ts';

const LONGEST_NAME = 256;
const LONGEST_NUMBER = 64;
/** Characters of a value in memory; what is longer goes to a file, where its column takes pieces. */
const IN_MEMORY = 2 * 1024 * 1024;

/** Bound of all that is neither a long text nor JSON. */
const LONGEST_TEXT = 1024 * 1024;

interface Place {
  readonly column: RowStreamColumn;
  readonly place: number;
  readonly longest: number;
}

export interface BuiltRow {
  /** Values as JSON has them, and large ones as such. */
  readonly values: readonly unknown[];
  /** Characters of it that are in memory. */
  readonly characters: number;
  readonly spools: readonly Spool[];
}

export class JsonRow {
  private readonly places: ReadonlyMap<string, Place>;
  private readonly width: number;
  private values: unknown[] = [];
  private filled = 0;
  private current: Place | undefined;
  private text = '';
  private spool: Spool | undefined;
  private spools: Spool[] = [];
  private characters = 0;

  constructor({ columns }: RowStreamTable) {
    this.width = columns.length;
    this.places = new Map(
      columns.map((column, place) => [column.name, { column, place, longest: longestOf(column) }]),
    );
    this.begin();
  }

  begin(): void {
    this.values = new Array(this.width);
    this.filled = 0;
    this.current = undefined;
    this.spools = [];
    this.characters = 0;
  }

  /** After the object was opened. @returns the row when it is closed @throws SmallJsonError, FILE_FAILED */
  add(token: Token): BuiltRow | undefined {
    switch (token.name) {
      case 'startKey':
      case 'startString':
      case 'startNumber':
        this.text = '';
        return undefined;
      case 'numberChunk':
        this.text += token.value;
        if (this.text.length > LONGEST_NUMBER)
          throw new SmallJsonError(`${this.column} has too long a number`);
        return undefined;
      case 'stringChunk':
        if (this.current) this.longer(this.current, token.value);
        else this.text += token.value;
        if (!this.current && this.text.length > LONGEST_NAME)
          throw new SmallJsonError('the name of a column is too long');
        return undefined;
      case 'endKey':
        this.current = this.named(this.text);
        return undefined;
      case 'endString':
        this.put(this.spool ? this.large(this.spool) : this.text);
        return undefined;
      case 'endNumber':
        this.put(Number(this.text));
        return undefined;
      case 'nullValue':
      case 'trueValue':
      case 'falseValue':
        this.put(token.value);
        return undefined;
      case 'endObject': {
        if (this.filled !== this.width) throw new SmallJsonError('a row has not all columns of its table');
        const { values, characters, spools } = this;
        return { values, characters, spools };
      }
      default:
        throw new SmallJsonError(`${this.column} has neither text, number, true, false nor null`);
    }
  }

  /** Of a row that will not be complete. */
  abandon(): void {
    for (const spool of this.spools) spool.close();
    this.begin();
  }

  private get column(): string {
    return this.current?.column.name ?? 'a row';
  }

  private named(name: string): Place {
    const place = this.places.get(name);
    if (!place)
      throw new SmallJsonError(`a row has the column ${shown(name)}, which its table does not have`);
    if (this.values[place.place] !== undefined) throw new SmallJsonError(`a row has ${name} twice`);
    return place;
  }

  private longer({ column, longest }: Place, text: string): void {
    if (this.spool) {
      if (!this.spool.write(text)) throw new SmallJsonError(`${column.name} has too long a value`);
      return;
    }
    this.text += text;
    if (this.text.length <= longest) return;
    if (!canBePieced(column)) throw new SmallJsonError(`${column.name} has too long a value`);
    this.spool = new Spool(kindOf(column) === 'binary');
    this.spools.push(this.spool);
    this.spool.write(this.text);
    this.text = '';
  }

  private large(spool: Spool): unknown {
    const value = spool.end();
    if (!value) throw new SmallJsonError(`${this.column} has a value that is not in base64`);
    this.spool = undefined;
    return value;
  }

  private put(value: unknown): void {
    if (!this.current) throw new SmallJsonError('its parts are out of order');
    this.values[this.current.place] = value;
    this.filled++;
    this.characters += this.text.length;
    this.text = '';
    this.current = undefined;
  }
}

function longestOf(column: RowStreamColumn): number {
  if (canBePieced(column)) return IN_MEMORY;
  return kindOf(column) === 'json' ? LARGEST_JSON : LONGEST_TEXT;
}
