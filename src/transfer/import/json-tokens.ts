/** The tokens of a JSON file, in lists as they are read. A value is never whole in memory by itself: long ones come in parts. */
import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { getManyValues, isMany, none } from 'stream-chain/defs.js';
import { jsonParser, type Token } from 'stream-json/core/parser.js';
import { notJson, notUtf8 } from './failures.ts';

export type { Token };

const READ_BYTES = 64 * 1024;

export interface JsonTokens {
  /** Where the file has been read to. */
  readonly bytes: number;
  readonly tokens: readonly Token[];
}

/** @param whole is given all bytes that are read @throws FILE_DAMAGED for what is no JSON */
export async function* jsonTokens(
  handle: FileHandle,
  file: string,
  whole: Hash = createHash('sha256'),
): AsyncGenerator<JsonTokens> {
  // As the library's own streams call it: with none at the end.
  const parse: (text: string | typeof none) => unknown = flushed(jsonParser({ packValues: false }));
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let bytes = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, bytes);
    bytes += bytesRead;
    const read = buffer.subarray(0, bytesRead);
    whole.update(read);
    const isEnd = bytesRead === 0;
    const text = decoded(decoder, read, isEnd, file);
    yield { bytes, tokens: parsed(() => parse(text), file) };
    if (!isEnd) continue;
    yield { bytes, tokens: parsed(() => parse(none), file) };
    return;
  }
}

/** The library's types do not know that it takes the end as well. */
function flushed(parse: (text: string) => unknown): (text: string | typeof none) => unknown {
  return (text) => parse(text as string);
}

function decoded(decoder: TextDecoder, read: Buffer, isEnd: boolean, file: string): string {
  try {
    return decoder.decode(read, { stream: !isEnd });
  } catch {
    throw notUtf8(file);
  }
}

function parsed(parse: () => unknown, file: string): readonly Token[] {
  try {
    const tokens = parse();
    return isMany(tokens) ? getManyValues(tokens as Parameters<typeof getManyValues<Token>>[0]) : [];
  } catch {
    throw notJson(file);
  }
}
