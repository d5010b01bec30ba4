/**
 * The row-stream format: rows of several tables in one file, written once from start to end, that says of itself
 * what it holds and by which it can be verified. docs/row-stream.md describes it for people.
 *
 * The file is a series of zstd frames, and a good .zst file as it is: `zstdcat FILE` prints the rows, a JSON array a
 * line, each chunk after a line that names its table. What else there is to say stands in skippable frames, which
 * zstd passes over (RFC 8878, 3.1.2): the header first, a head before each chunk, the manifest last. A file without a
 * manifest is incomplete; every head carries the SHA-256 of its chunk, and the manifest that of all heads.
 *
 * A file that is written to for long is written in batches: what is in front of a batch's mark is on the disk, and
 * whoever finds the file incomplete can continue behind the last mark.
 *
 * A value that is larger than a chunk is written in pieces before the chunk with its row, whose line has the value's length
 * and SHA-256 in its place. A file with pieces has another version.
 *
 * In an encrypted file the chunks are skippable frames as well, with the encrypted zstd frame inside.
 */
import * as z from 'zod/mini';
import { COUNT } from '../../schema/index.ts';
import { ENCRYPTION } from './encryption.ts';

export const FORMAT = 'multiflexi row stream';
export const FORMAT_VERSION = 1;
/** Of a file that may have values in pieces: a program that knows none refuses it by its version. */
export const PIECED_VERSION = 2;

/** Rows are gathered into a chunk until there are so many of them, or so many bytes. */
export const CHUNK_ROWS = 5_000;
export const CHUNK_BYTES = 1024 * 1024;

/** Bounds for whoever reads a file that may be hostile or broken. A chunk is larger than usual only for a large value. */
export const LARGEST_HEAD = 1024 * 1024;
export const LARGEST_CHUNK = 256 * 1024 * 1024;
/** A piece of a text may be six times as long in JSON. */
export const LARGEST_PIECE = 4 * 1024 * 1024;

const SKIPPABLE = 0x184d2a5d;
const FRAME_HEAD = 8;

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const digest = z.string().check(z.regex(/^[0-9a-f]{32}$/));

export const TABLE = z.object({
  name: z.string(),
  /** Its rows are in the order of these columns. */
  key: z.array(z.string()),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
});

/** Product and place the rows were read from, and of which installation; the last two are null in older files. */
export const SOURCE = z.object({
  product: z.string(),
  where: z.string(),
  installation: z._default(z.nullable(z.string()), null),
  /** The engine's fingerprint of the database, as a digest: a clone of the installation has another one. */
  server: z._default(z.nullable(z.string()), null),
});

export type Source = z.output<typeof SOURCE>;

const HEADER = z.object({
  part: z.literal('header'),
  format: z.literal(FORMAT),
  version: z.literal([FORMAT_VERSION, PIECED_VERSION]),
  /** What the file is for, as `rollback`. */
  purpose: z.string(),
  /** ISO 8601, UTC. */
  created: z.string(),
  program: z.string(),
  source: SOURCE,
  tables: z.array(TABLE),
  /** What this purpose has to say beyond that. */
  details: z.record(z.string(), z.unknown()),
  encryption: z.optional(ENCRYPTION),
});

const CHUNK = z.object({
  part: z.literal('chunk'),
  /** Place in the header's list of tables, from 0. */
  table: COUNT,
  rows: COUNT,
  digest,
  /** Of the frame that follows. */
  bytes: COUNT.check(z.maximum(LARGEST_CHUNK)),
  sha256,
  /** Of what is in it. */
  characters: COUNT.check(z.maximum(LARGEST_CHUNK)),
  /** How many pieces are right before it, of its only row. */
  pieces: z.optional(COUNT.check(z.minimum(1))),
});

/** A piece of a large value of the row that follows. */
const PIECE = z.object({
  part: z.literal('piece'),
  table: COUNT,
  /** Place in the table's list of columns. */
  column: COUNT,
  /** Of the pieces of this value, from 0. */
  number: COUNT,
  bytes: COUNT.check(z.maximum(LARGEST_PIECE)),
  sha256,
  characters: COUNT.check(z.maximum(LARGEST_PIECE)),
});

const BATCH = z.object({ part: z.literal('batch'), number: COUNT });

const MANIFEST = z.object({
  part: z.literal('manifest'),
  chunks: COUNT,
  tables: z.array(z.object({ name: z.string(), rows: COUNT, digest })),
  /** What this purpose has to say of the rows, once they are all known. */
  summary: z.optional(z.record(z.string(), z.unknown())),
  /** Of the header, all heads and {@link sealText}, one after the other; in an encrypted file sealed with its key. */
  sha256,
});

export const HEAD = z.discriminatedUnion('part', [HEADER, CHUNK, PIECE, BATCH, MANIFEST]);

export type RowStreamTable = z.output<typeof TABLE>;
export type RowStreamColumn = RowStreamTable['columns'][number];
export type RowStreamHeader = z.output<typeof HEADER>;
export type ChunkHead = z.output<typeof CHUNK>;
export type PieceHead = z.output<typeof PIECE>;
export type Manifest = z.output<typeof MANIFEST>;
export type Head = z.output<typeof HEAD>;

/** What the manifest says beside its checksum, which so covers itself as well. */
export function sealText({ chunks, tables, summary }: Omit<Manifest, 'part' | 'sha256'>): string {
  const said = tables.map(({ name, rows, digest: sum }) => [name, rows, sum]);
  return JSON.stringify(summary === undefined ? [chunks, said] : [chunks, said, summary]);
}

/** What an encrypted chunk is bound to: its file, its place in it, and what its head says of it. */
export function chunkContext(
  { encryption }: RowStreamHeader,
  place: number,
  { table, rows, digest: sum, characters, pieces }: Omit<ChunkHead, 'bytes' | 'sha256'>,
): string {
  const said = [encryption?.file, place, table, rows, sum, characters];
  return JSON.stringify(pieces === undefined ? said : [...said, pieces]);
}

/** The same for an encrypted piece. */
export function pieceContext(
  { encryption }: RowStreamHeader,
  place: number,
  { table, column, number, characters }: Omit<PieceHead, 'bytes' | 'sha256'>,
): string {
  return JSON.stringify([encryption?.file, place, 'piece', table, column, number, characters]);
}

/** The head as the skippable frame that carries it. */
export function headFrame(head: Head): { readonly frame: Buffer; readonly text: string } {
  const text = JSON.stringify(head);
  return { frame: skippable(Buffer.from(text)), text };
}

/** A frame that zstd passes over. */
export function skippable(content: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD + content.length);
  frame.writeUInt32LE(SKIPPABLE, 0);
  frame.writeUInt32LE(content.length, 4);
  content.copy(frame, FRAME_HEAD);
  return frame;
}

export const FRAME_HEAD_BYTES = FRAME_HEAD;

/** @returns the bytes of the head that follows; undefined when this is not the beginning of one */
export function headLength(frameHead: Buffer, largest = LARGEST_HEAD): number | undefined {
  if (frameHead.length < FRAME_HEAD || frameHead.readUInt32LE(0) !== SKIPPABLE) return undefined;
  const length = frameHead.readUInt32LE(4);
  return length <= largest ? length : undefined;
}
