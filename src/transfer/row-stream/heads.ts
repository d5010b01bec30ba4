/** Reads the heads of a file of rows, passing over its chunks: what it holds is known at once, however large it is. */
import { createHash, type Hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileFailure } from '../../system/index.ts';
import {
  dataBehindEnd,
  headInvalid,
  headMisplaced,
  incomplete,
  notARegularFile,
  notARowStream,
  partsOutOfOrder,
  unknownFormat,
} from './failures.ts';
import {
  type ChunkHead,
  FRAME_HEAD_BYTES,
  HEAD,
  type Head,
  headLength,
  type Manifest,
  PIECED_VERSION,
  type PieceHead,
  type RowStreamHeader,
} from './format.ts';

/** A chunk's head, and where the chunk itself begins. */
export interface ChunkPlace {
  readonly head: ChunkHead;
  readonly at: number;
  readonly batch: number;
  /** Among chunks and pieces, from 0. */
  readonly number: number;
  /** Those of its row. */
  readonly pieces: readonly PiecePlace[];
}

export interface PiecePlace {
  readonly head: PieceHead;
  readonly at: number;
  readonly number: number;
}

/** The heads of a file. */
export interface Contents {
  readonly bytes: number;
  readonly header: RowStreamHeader;
  readonly places: readonly ChunkPlace[];
  /** How many chunks and pieces there are. */
  readonly chunks: number;
  /** Undefined when the file is incomplete. */
  readonly manifest: Manifest | undefined;
  /** Of all heads before the manifest. */
  readonly heads: Hash;
  /** Where each batch ends, with the heads up to there. */
  readonly batches: readonly BatchEnd[];
}

interface BatchEnd {
  readonly position: number;
  readonly chunks: number;
  readonly heads: Hash;
}

/** @throws FILE_FAILED */
export async function openFile(file: string): Promise<FileHandle> {
  // A pipe would be waited for without end.
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
  if (!isFile) throw notARegularFile(file);
  return open(file, 'r').catch((error: unknown) => {
    throw fileFailure(file, error, 'read');
  });
}

/** @param toItsEnd whether an incomplete file is damaged, or read as far as it goes */
export async function readContents(handle: FileHandle, file: string, toItsEnd = true): Promise<Contents> {
  const { size } = await handle.stat();
  const heads = createHash('sha256');
  const places: ChunkPlace[] = [];
  const batches: BatchEnd[] = [];
  let pieces: PiecePlace[] = [];
  let chunks = 0;
  let header: RowStreamHeader | undefined;
  let manifest: Manifest | undefined;
  for (let at = 0; at < size; ) {
    const read = await readHead(handle, file, at).catch((error: unknown) => {
      if (toItsEnd || !header) throw error;
      return undefined;
    });
    // It ends within a head.
    if (!read) break;
    const { head, text, end } = read;
    at = end;
    if (head.part === 'header' && !header) {
      header = head;
    } else if (head.part === 'chunk' && header) {
      places.push({ head, at, batch: batches.length, number: chunks++, pieces });
      pieces = [];
      at += head.bytes;
    } else if (head.part === 'piece' && header?.version === PIECED_VERSION) {
      pieces.push({ head, at, number: chunks++ });
      at += head.bytes;
    } else if (pieces.length > 0) {
      throw partsOutOfOrder(file);
    } else if (head.part === 'batch' && header && head.number === batches.length && at <= size) {
      heads.update(text);
      batches.push({ position: at, chunks, heads: heads.copy() });
      continue;
    } else if (head.part === 'manifest' && header) {
      if (at !== size) throw dataBehindEnd(file);
      manifest = head;
      break;
    } else throw partsOutOfOrder(file);
    heads.update(text);
  }
  if (!header) throw incomplete(file);
  return { bytes: size, header, places, chunks, manifest, heads, batches };
}

async function readHead(
  handle: FileHandle,
  file: string,
  at: number,
): Promise<{ head: Head; text: string; end: number }> {
  const start = await readExactly(handle, file, at, FRAME_HEAD_BYTES);
  const length = headLength(start);
  if (length === undefined) throw at === 0 ? notARowStream(file) : headMisplaced(file);
  const text = (await readExactly(handle, file, at + FRAME_HEAD_BYTES, length)).toString();
  const parsed = HEAD.safeParse(JSON.parse(text));
  if (!parsed.success) throw at === 0 ? unknownFormat(file) : headInvalid(file);
  return { head: parsed.data, text, end: at + FRAME_HEAD_BYTES + length };
}

/** @throws FILE_DAMAGED where the file ends before */
export async function readExactly(
  handle: FileHandle,
  file: string,
  at: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(buffer, read, length - read, at + read);
    if (bytesRead === 0) throw incomplete(file);
    read += bytesRead;
  }
  return buffer;
}
