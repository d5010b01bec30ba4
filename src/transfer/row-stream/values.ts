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
  private readonly key: readonly Buffer[];

  /** @param key goes before the bytes of every digest @throws an Error for a type that {@link kindOf} does not know */
  constructor(columns: readonly RowStreamColumn[], key?: Buffer) {
    this.key = key ? [key] : [];
    this.kinds = columns.map((column) => {
      const kind = kindOf(column);
      if (kind === undefined) throw new Error(`column ${column.name} has the type ${column.type}`);
      return kind;
    });
  }

  encode(row: Row): string {
    return JSON.stringify(this.kinds.map((kind, place) => encoded(kind, row[place])));
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
    const values = this.kinds.flatMap((kind, place) => canonical(kind, row[place]));
    const bytes = Buffer.concat([...this.key, ...values]);
    return BigInt(`0x${hash('sha256', bytes, 'hex').slice(0, 32)}`);
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

function encoded(kind: Kind, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (kind === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return kind === 'binary' ? asBuffer(value).toString('base64') : value;
}

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

const NULL = Buffer.from([0]);
const TAGS: Readonly<Record<Kind, number>> = {
  integer: 1,
  bigint: 1,
  boolean: 2,
  text: 3,
  json: 4,
  binary: 5,
};

function canonical(kind: Kind, value: unknown): Buffer[] {
  if (value === null || value === undefined) return [NULL];
  const bytes = canonicalBytes(kind, value);
  const head = Buffer.allocUnsafe(5);
  head.writeUInt8(TAGS[kind], 0);
  head.writeUInt32BE(bytes.length, 1);
  return [head, bytes];
}

function canonicalBytes(kind: Kind, value: unknown): Buffer {
  if (kind === 'binary') return asBuffer(value);
  if (kind === 'json') return Buffer.from(canonicalJson(String(value)));
  if (kind === 'boolean') return Buffer.from(value ? '1' : '0');
  return Buffer.from(String(value));
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
