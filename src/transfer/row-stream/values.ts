/**
 * Rows as text and as a digest, the same from every engine. A line of a row stream is a JSON array of the row's
 * values; the digest is taken of that line, with JSON values in canonical form.
 */
import { createHash, hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { RowStreamColumn, RowStreamTable } from './format.ts';
import { LargeValue, referredTo } from './large-value.ts';

/** A row in the order of the table's columns, in the types of the engines' contract. */
export type Row = readonly unknown[];

/** A row by its key, as `job with id 12`. */
export function rowWords({ name, key, columns }: RowStreamTable, row: Row): string {
  const parts = key.map((part) => {
    const value = row[columns.findIndex((column) => column.name === part)];
    return `${part} ${value === undefined ? 'unknown' : String(value)}`;
  });
  return `${name} with ${parts.join(', ')}`;
}

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

/** The first 128 bits of a SHA-256, a byte a character: a string is what Node hands out fastest. */
export type RowDigest = string;

export const DIGEST_BYTES = 16;

/** Turns rows of one table to lines and back, and takes their digests. */
export class RowCodec {
  private readonly kinds: readonly Kind[];
  private readonly jsonPlaces: readonly number[];
  private readonly key: string;

  /** @param key goes before the line of every digest @throws an Error for a type that {@link kindOf} does not know */
  constructor(columns: readonly RowStreamColumn[], key?: Buffer) {
    this.key = key?.toString('hex') ?? '';
    this.kinds = columns.map((column) => {
      const kind = kindOf(column);
      if (kind === undefined) throw new Error(`column ${column.name} has the type ${column.type}`);
      return kind;
    });
    this.jsonPlaces = this.kinds.flatMap((kind, place) => (kind === 'json' ? [place] : []));
  }

  /** Whether a row's digest is of its line as it is. */
  get linesAreCanonical(): boolean {
    return this.jsonPlaces.length === 0;
  }

  encode(row: Row): string {
    const values: unknown[] = [];
    let place = 0;
    // Once for each value of millions of rows: an iterator of places would cost as much as the encoding, and so would a call of
    // JSON.stringify for each value.
    for (const kind of this.kinds) {
      const value = row[place++];
      if (value instanceof LargeValue) return `[${this.values(row).join(',')}]`;
      values.push(plain(kind, value));
    }
    return JSON.stringify(values);
  }

  /** Each value as JSON: joined by commas and in brackets they are {@link encode}'s line. */
  values(row: Row): string[] {
    return this.kinds.map((kind, place) => encoded(kind, row[place]));
  }

  /** The same line in pieces: a row with a large value takes no more memory than that value and one of them. */
  *pieces(row: Row): Generator<string> {
    let place = 0;
    for (const kind of this.kinds) {
      yield place === 0 ? '[' : ',';
      yield* encodedPieces(kind, row[place++]);
    }
    yield ']';
  }

  /** @throws an Error for a line that is not such a row */
  decode(line: string): unknown[] {
    const values: unknown = JSON.parse(line);
    if (!Array.isArray(values) || values.length !== this.kinds.length)
      throw new Error('a row does not have one value for each column of its table');
    return this.typed(values);
  }

  /** @param values as JSON has them, or large ones as such @throws an Error for values that are not of their columns' types */
  typed(values: readonly unknown[]): unknown[] {
    return this.kinds.map((kind, place) => decoded(kind, values[place]));
  }

  /** Whether {@link decode} would make just these values of the row's line, as far as their types tell. */
  isAsDecoded(row: Row): boolean {
    let place = 0;
    for (const kind of this.kinds) if (!isOf(kind, row[place++])) return false;
    return true;
  }

  /** Of the row's line with its JSON in canonical form. @param line what {@link encode} made of the row, if it did */
  digest(row: Row, line?: string): RowDigest {
    if (line === undefined && isLarge(row)) return this.digestInPieces(row);
    const canonical = this.canonicalLine(row, line);
    return hash('sha256', this.key + canonical, 'binary').slice(0, DIGEST_BYTES);
  }

  /** Of the bytes of a line that has no JSON values: it is its own canonical form. */
  digestOfBytes(line: Buffer): RowDigest {
    if (this.key === '') return hash('sha256', line, 'binary').slice(0, DIGEST_BYTES);
    return createHash('sha256').update(this.key).update(line).digest('binary').slice(0, DIGEST_BYTES);
  }

  private digestInPieces(row: Row): RowDigest {
    const sum = createHash('sha256').update(this.key);
    for (const piece of this.pieces(this.canonicalRow(row) ?? row)) sum.update(piece);
    return sum.digest('binary').slice(0, DIGEST_BYTES);
  }

  private canonicalLine(row: Row, line: string | undefined): string {
    const canonical = this.canonicalRow(row);
    return canonical === undefined ? (line ?? this.encode(row)) : this.encode(canonical);
  }

  /** @returns undefined where its JSON is in canonical form already */
  private canonicalRow(row: Row): Row | undefined {
    let canonical: unknown[] | undefined;
    for (const place of this.jsonPlaces) {
      const value = row[place];
      if (value === null || value === undefined || value instanceof LargeValue) continue;
      const text = canonicalJson(String(value));
      if (text === value) continue;
      canonical ??= [...row];
      canonical[place] = text;
    }
    return canonical;
  }
}

/** Sums of 16 bits each, most significant first: a number holds them exactly until there are 2^37 rows. */
const LANES = DIGEST_BYTES / 2;

export interface SumParts {
  readonly rows: number;
  readonly lanes: readonly number[];
}

/** A set of rows, whatever their order: how many, and their digests added modulo 2^128 (a XOR would let equal rows cancel). */
export class RowSum {
  rows = 0;
  private readonly lanes = new Float64Array(LANES);

  add(digest: RowDigest): void {
    this.rows++;
    for (let lane = 0; lane < LANES; lane++)
      this.addTo(lane, digest.charCodeAt(lane * 2) * 256 + digest.charCodeAt(lane * 2 + 1));
  }

  addAll(other: RowSum): void {
    this.rows += other.rows;
    for (const [lane, more] of other.lanes.entries()) this.addTo(lane, more);
  }

  /** For another thread. */
  get parts(): SumParts {
    return { rows: this.rows, lanes: [...this.lanes] };
  }

  static of({ rows, lanes }: SumParts): RowSum {
    const sum = new RowSum();
    sum.rows = rows;
    sum.lanes.set(lanes);
    return sum;
  }

  copy(): RowSum {
    const copy = new RowSum();
    copy.addAll(this);
    return copy;
  }

  /** 32 hexadecimal digits. */
  get digest(): string {
    const sum = this.lanes.reduce((whole, lane) => whole * 65_536n + BigInt(lane), 0n);
    return BigInt.asUintN(128, sum).toString(16).padStart(32, '0');
  }

  private addTo(lane: number, more: number): void {
    this.lanes[lane] = (this.lanes[lane] ?? 0) + more;
  }
}

/** A value as JSON. */
function encoded(kind: Kind, value: unknown): string {
  return value instanceof LargeValue ? value.reference : JSON.stringify(plain(kind, value));
}

/** A value of which JSON.stringify makes what a line has. */
function plain(kind: Kind, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (kind === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return kind === 'binary' ? asBuffer(value).toString('base64') : value;
}

/** What is written in pieces, and how large they are, in bytes or characters; bytes in threes, as base64 takes them. */
const LARGE = 768 * 1024;

/** Whether a row has a value that is better written in pieces. */
export function isLarge(row: Row): boolean {
  return row.some((value) => (Buffer.isBuffer(value) || typeof value === 'string') && value.length > LARGE);
}

function* encodedPieces(kind: Kind, value: unknown): Generator<string> {
  if (kind === 'binary' && Buffer.isBuffer(value) && value.length > LARGE) {
    yield '"';
    for (let at = 0; at < value.length; at += LARGE) yield value.toString('base64', at, at + LARGE);
    yield '"';
  } else if (typeof value === 'string' && value.length > LARGE) {
    yield '"';
    for (let at = 0; at < value.length; ) {
      const end = wholeCharacters(value, at + LARGE);
      yield JSON.stringify(value.slice(at, end)).slice(1, -1);
      at = end;
    }
    yield '"';
  } else yield encoded(kind, value);
}

/** A character of two units is not divided: each half by itself would be written as an escape. */
function wholeCharacters(text: string, end: number): number {
  const isFirstHalf = end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return isFirstHalf ? end + 1 : end;
}

function decoded(kind: Kind, value: unknown): unknown {
  if (value === null || value instanceof LargeValue) return value;
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
  const large = kind === 'binary' || kind === 'text' ? referredTo(value) : undefined;
  if (large) return large;
  throw new Error(`a value is not of its column's type (${kind})`);
}

function isOf(kind: Kind, value: unknown): boolean {
  if (value === null) return true;
  switch (kind) {
    case 'bigint':
      return typeof value === 'bigint';
    case 'integer':
      return Number.isSafeInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'binary':
      return Buffer.isBuffer(value);
    default:
      return typeof value === 'string';
  }
}

function asBuffer(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new Error('a value of a binary column is not bytes');
}
