/**
 * An export that comes through a pipe, in a temporary file until it is imported: it is read twice, and nothing may be written to the
 * database before all of it was verified.
 */
import { closeSync, createWriteStream, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileFailure } from '../../system/index.ts';
import { nothingPipedIn } from './failures.ts';

/** By which a file can be opened that has no name any more. */
const DESCRIPTORS = '/proc/self/fd';

export class SpooledInput {
  private directory: string | undefined;
  private descriptor: number | undefined;

  /**
   * Reads to the end. It takes as much of the disk of temporary files (`TMPDIR`) as the export is large.
   * @returns the path of the file, which is gone with this process whatever becomes of that, where the system can do so
   * @throws USAGE for a terminal, FILE_FAILED, the signal's reason
   */
  async take(source: Readable & { readonly isTTY?: boolean }, signal?: AbortSignal): Promise<string> {
    if (source.isTTY) throw nothingPipedIn();
    try {
      // Its directory is open to its owner alone.
      this.directory = mkdtempSync(join(tmpdir(), 'multiflexi-import-'));
      const file = join(this.directory, 'standard-input');
      this.descriptor = openSync(file, 'wx+', 0o600);
      const isNameless = existsSync(DESCRIPTORS);
      if (isNameless) this.removeDirectory();
      const sink = createWriteStream(file, { fd: this.descriptor, autoClose: false });
      await pipeline(source, sink, signal ? { signal } : {});
      return isNameless ? `${DESCRIPTORS}/${this.descriptor}` : file;
    } catch (error) {
      signal?.throwIfAborted();
      throw fileFailure(tmpdir(), error, 'write', 'directory');
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
    this.removeDirectory();
  }

  private removeDirectory(): void {
    if (this.directory !== undefined) rmSync(this.directory, { recursive: true, force: true });
    this.directory = undefined;
  }
}
