/**
 * A file descriptor that somebody else reads, as the standard output. Node's own stream for it writes to files and pipes
 * without looking whether all of it was taken, and nothing else has its turn while a pipe is full.
 */
import { fsync, write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf, fileFailure } from '../../system/index.ts';
import { readerGone } from './failures.ts';
import type { TextSink } from './text-sink.ts';

const writeSome = promisify(write);
const sync = promisify(fsync);

/** Somebody else may have made the pipe one that does not wait. */
const FULL_MS = 10;

export class TextStream implements TextSink {
  private readonly descriptor: number;
  private readonly signal: AbortSignal | undefined;

  /** @param signal ends the wait for a reader */
  constructor(descriptor: number, signal?: AbortSignal) {
    this.descriptor = descriptor;
    this.signal = signal;
  }

  /** @throws FILE_FAILED, the signal's reason */
  async write(text: Buffer): Promise<void> {
    for (let written = 0; written < text.length; )
      written += await this.unlessInterrupted(this.writeFrom(text, written));
  }

  /** What can be on a disk is. */
  async finish(): Promise<void> {
    await this.unlessInterrupted(sync(this.descriptor)).catch((error: unknown) => {
      // Of a pipe or a terminal.
      if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw this.failure(error);
    });
  }

  private async writeFrom(text: Buffer, from: number): Promise<number> {
    try {
      const { bytesWritten } = await writeSome(this.descriptor, text, from);
      return bytesWritten;
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw this.failure(error);
      await sleep(FULL_MS);
      return 0;
    }
  }

  private failure(error: unknown): Error {
    return codeOf(error) === 'EPIPE' ? readerGone() : fileFailure('of the standard output', error);
  }

  private async unlessInterrupted<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    if (!signal) return work;
    signal.throwIfAborted();
    let interrupted: () => void = () => {};
    const end = new Promise<never>((_, reject) => {
      interrupted = () => reject(signal.reason);
      signal.addEventListener('abort', interrupted, { once: true });
    });
    try {
      return await Promise.race([work, end]);
    } finally {
      signal.removeEventListener('abort', interrupted);
    }
  }
}
