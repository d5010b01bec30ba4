/** The frames of a row stream, one behind the other: heads, chunks and pieces. */
import { createHash, hash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { fileFailure } from '../../system/index.ts';
import type { TakenChunk } from './chunk-buffer.ts';
import type { StreamKey } from './encryption.ts';
import {
  type ChunkHead,
  chunkContext,
  type Head,
  headFrame,
  type PieceHead,
  pieceContext,
  type RowStreamHeader,
  skippable,
} from './format.ts';
import type { LargeValue } from './large-value.ts';
import type { PartialFile } from './partial-file.ts';
import { inPieces, pieceText } from './pieces.ts';
import { kindOf } from './values.ts';
import type { WriterState } from './writer-state.ts';

const compressed = promisify(zstdCompress);
/** More than a chunk comes to as a rule: each further part would wait for a turn of the event loop. */
const COMPRESSED_BYTES = 256 * 1024;

export interface FrameSource {
  readonly header: RowStreamHeader;
  readonly key: StreamKey | undefined;
  /** How far the file is written. */
  readonly state: WriterState;
}

export class FrameWriter {
  state: WriterState;
  private readonly file: string;
  private readonly output: PartialFile;
  private readonly header: RowStreamHeader;
  private readonly key: StreamKey | undefined;

  constructor(file: string, output: PartialFile, { header, key, state }: FrameSource) {
    this.file = file;
    this.output = output;
    this.header = header;
    this.key = key;
    this.state = state;
  }

  async writeHead(head: Head): Promise<void> {
    const { frame, text } = headFrame(head);
    this.state.heads.update(text);
    await this.append(frame);
  }

  async endBatch(): Promise<void> {
    await this.writeHead({ part: 'batch', number: this.state.batches });
    this.state = { ...this.state, batches: this.state.batches + 1 };
  }

  /** @throws FILE_FAILED */
  async writeChunk({ bytes, sum, head }: TakenChunk): Promise<void> {
    const context = chunkContext(this.header, this.state.chunks, head);
    await this.writeFrame(head, this.sealed(await compress(bytes), context));
    this.state.sums[head.table]?.addAll(sum);
  }

  /** @throws FILE_FAILED; what the reading throws */
  async writePieces(
    place: number,
    column: number,
    value: LargeValue,
  ): Promise<{ readonly sha256: string; readonly numbers: number }> {
    const table = this.header.tables[place];
    const type = table?.columns[column];
    if (!table || !type) throw new Error(`the row stream has no column ${column} of table ${place}`);
    const sum = createHash('sha256');
    let number = 0;
    for await (const piece of inPieces(value.pieces(), kindOf(type) !== 'binary')) {
      sum.update(piece);
      const text = pieceText(table, column, number, piece);
      const head = { part: 'piece', table: place, column, number, characters: text.length } as const;
      const context = pieceContext(this.header, this.state.chunks, head);
      await this.writeFrame(head, this.sealed(await compress(text), context));
      number++;
    }
    return { sha256: sum.digest('hex'), numbers: number };
  }

  private async writeFrame(
    head: Omit<ChunkHead, 'bytes' | 'sha256'> | Omit<PieceHead, 'bytes' | 'sha256'>,
    frame: Buffer,
  ): Promise<void> {
    try {
      await this.writeHead({ ...head, bytes: frame.length, sha256: hash('sha256', frame, 'hex') });
      await this.append(frame);
    } catch (error) {
      throw fileFailure(this.file, error);
    }
    this.state = { ...this.state, chunks: this.state.chunks + 1 };
  }

  private sealed(frame: Buffer, context: string): Buffer {
    return this.key ? skippable(this.key.encrypt(frame, context)) : frame;
  }

  private async append(bytes: Buffer): Promise<void> {
    await this.output.write(bytes, this.state.position);
    this.state = { ...this.state, position: this.state.position + bytes.length };
  }
}

function compress(bytes: Buffer): Promise<Buffer> {
  return compressed(bytes, { chunkSize: COMPRESSED_BYTES });
}
