/**
 * Rows as text and as a digest, the same from every engine. A line of a row stream is a JSON array of the row's
 * values; a digest is taken of canonical bytes, so that equal rows are equal whatever engine they were read from.
 */
import { hash } from 'node:crypto';
import type { RowStreamColumn } from './format.ts';

/** A row in the order of the table's columns, in the types of the engines' contract. */
export type Row = readonly unknown[];

type Kind = 'integer' | 'bigint' | 'boolean' | 'text' | 'json' | 'binary';

const KINDS: Readonly<Record<string, Kind>> = {
  integer: 'integer',
  bigint: 'bigint',
  boolean: 'boolean',
  text: 'text',
  // Instants are text of one fixed form already.
  datetime: 'text',
  json: 'json',
  binary: 'binary',
};

/** @returns undefined for a type of no migration of ours, which cannot be written truly */
export function kindOf({ type }: RowStreamColumn): Kind | undefined {
  return KINDS[type] ?? (/^string\(\d+\)$/.test(type) ? 'text' : undefined);
}

/** Whether its values can be large: their size is asked for before they are read. */
export function isBulky(column: RowStreamColumn): boolean {
  const kind = kindOf(column);
  return kind === 'binary' || kind === 'json' || column.type === 'text';
}

/** Turns rows of one table to lines and back, and adds up their digest. */
export class RowCodec {
  private readonly kinds: readonly Kind[];
  private readonly canonical: CanonicalRow;

  /** @param key goes before the bytes of every digest @throws an Error for a type that {@link kindOf} does not know */
  constructor(columns: readonly RowStreamColumn[], key?: Buffer) {
    this.canonical = new CanonicalRow(key);
    this.kinds = columns.map((column) => {
      const kind = kindOf(column);
      if (kind === undefined) throw new Error(`column ${column.name} has the type ${column.type}`);
      return kind;
    });
  }

  encode(row: Row): string {
    let line = '[';
    for (const [place, kind] of this.kinds.entries())
      line += place === 0 ? encoded(kind, row[place]) : `,${encoded(kind, row[place])}`;
    return `${line}]`;
  }

  /** @throws an Error for a line that is not such a row */
  decode(line: string): unknown[] {
    const values: unknown = JSON.parse(line);
    if (!Array.isArray(values) || values.length !== this.kinds.length)
      throw new Error('a row has not as many values as its table has columns');
    return this.kinds.map((kind, place) => decoded(kind, values[place]));
  }

  /** The first 128 bits of the SHA-256 of the row's canonical bytes: a tag, a length and the bytes of each value. */
  digest(row: Row): bigint {
    this.canonical.begin();
    for (const [place, kind] of this.kinds.entries()) this.canonical.add(kind, row[place]);
    return this.canonical.digest();
  }
}

/** A set of rows, whatever their order: how many, and their digests added modulo 2^128 (a XOR would let equal rows cancel). */
export class RowSum {
  rows = 0;
  private sum = 0n;

  add(digest: bigint): void {
    this.rows++;
    this.sum = BigInt.asUintN(128, this.sum + digest);
  }

  addAll(other: RowSum): void {
    this.rows += other.rows;
    this.sum = BigInt.asUintN(128, this.sum + other.sum);
  }

  copy(): RowSum {
    const copy = new RowSum();
    copy.addAll(this);
    return copy;
  }

  /** 32 hexadecimal digits. */
  get digest(): string {
    return this.sum.toString(16).padStart(32, '0');
  }
}

/** A value as JSON. */
function encoded(kind: Kind, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (kind === 'bigint') {
    const digits = String(value);
    return digits.length < SAFE_DIGITS || Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`;
  }
  // Base64 has nothing in it that JSON would escape.
  return kind === 'binary' ? `"${asBuffer(value).toString('base64')}"` : JSON.stringify(value);
}

/** Numbers with fewer digits are below 2^53. */
const SAFE_DIGITS = 16;

function decoded(kind: Kind, value: unknown): unknown {
  if (value === null) return null;
  switch (kind) {
    case 'bigint':
      if (typeof value === 'string' || Number.isSafeInteger(value)) return BigInt(value as string | number);
      break;
    case 'integer':
      if (Number.isSafeInteger(value)) return value;
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      break;
    case 'binary':
      if (typeof value === 'string') return Buffer.from(value, 'base64');
      break;
    default:
      if (typeof value === 'string') return value;
  }
  throw new Error(`a value is not of its column's type (${kind})`);
}

const TAGS: Readonly<Record<Kind, number>> = {
  integer: 1,
  bigint: 1,
  boolean: 2,
  text: 3,
  json: 4,
  binary: 5,
};
const NULL_TAG = 0;
/** A tag and a length. */
const HEAD_BYTES = 5;

/** What rows usually need; a larger buffer is given up again. */
const USUAL_BYTES = 64 * 1024;

/** The canonical bytes of one row after the other, in one buffer: a row is gone before the next begins. */
class CanonicalRow {
  private bytes = Buffer.allocUnsafe(USUAL_BYTES);
  private readonly start: number;
  private end: number;

  /** @param key goes before the bytes of every row */
  constructor(key: Buffer | undefined) {
    this.start = key?.copy(this.bytes) ?? 0;
    this.end = this.start;
  }

  begin(): void {
    this.end = this.start;
    if (this.bytes.length === USUAL_BYTES) return;
    const usual = Buffer.allocUnsafe(USUAL_BYTES);
    this.bytes.copy(usual, 0, 0, this.start);
    this.bytes = usual;
  }

  add(kind: Kind, value: unknown): void {
    if (value === null || value === undefined) {
      this.room(1);
      this.bytes[this.end++] = NULL_TAG;
    } else if (kind === 'binary') this.addBytes(asBuffer(value));
    else if (kind === 'json') this.addText(kind, canonicalJson(String(value)));
    else if (kind === 'boolean') this.addText(kind, value ? '1' : '0');
    else this.addText(kind, String(value));
  }

  /** The first 128 bits of its SHA-256. */
  digest(): bigint {
    const sum = hash('sha256', this.bytes.subarray(0, this.end), 'hex');
    return BigInt(`0x${sum.slice(0, 32)}`);
  }

  private addText(kind: Kind, text: string): void {
    // A character takes three bytes at most (those of four are two characters here): counted only where it matters.
    const most = text.length * 3;
    this.room(HEAD_BYTES + (most < USUAL_BYTES ? most : Buffer.byteLength(text)));
    const written = this.bytes.write(text, this.end + HEAD_BYTES);
    this.head(kind, written);
    this.end += written;
  }

  private addBytes(bytes: Buffer): void {
    this.room(HEAD_BYTES + bytes.length);
    bytes.copy(this.bytes, this.end + HEAD_BYTES);
    this.head('binary', bytes.length);
    this.end += bytes.length;
  }

  private head(kind: Kind, length: number): void {
    this.bytes[this.end] = TAGS[kind];
    this.bytes.writeUInt32BE(length, this.end + 1);
    this.end += HEAD_BYTES;
  }

  private room(more: number): void {
    if (this.end + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.end + more));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}

/** Engines keep JSON in forms of their own (MySQL sorts keys and spaces it out): keys sorted, no spaces, numbers by value. */
function canonicalJson(text: string): string {
  try {
    return stringify(JSON.parse(text, keepIntegers));
  } catch {
    // Nested too deep for us, or none at all: then it is equal only to itself.
    return text;
  }
}

/**
 * Numbers by value: `1`, `1.0` and `1e0` are one. An integer of 64 bits is kept to its last digit; a larger one is a
 * double, which is what MySQL makes of it.
 */
function keepIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined) return value;
  if (!Number.isFinite(value)) return `number ${source}`;
  if (Math.abs(value) >= 2 ** 64) return value;
  if (/^-?\d+$/.test(source)) return BigInt(source);
  return Number.isInteger(value) ? BigInt(value) : value;
}

function stringify(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(stringify).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${stringify(member)}`).join(',')}}`;
}

function asBuffer(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new Error('a value of a binary column is not bytes');
}
