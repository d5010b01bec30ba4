/**
 * An export that comes through a pipe, in a temporary file until it is imported: it is read twice, and nothing may be written to the
 * database before all of it was verified.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { fileFailure } from '../../system/index.ts';
import { nothingPipedIn } from './failures.ts';
import { BEGINNING, requireForm } from './open-export.ts';

/** What messages and records call it. */
export const STANDARD_INPUT = 'standard input';
/** By which a file can be opened that has no name any more. */
const DESCRIPTORS = '/proc/self/fd';

export class SpooledInput {
  private directory: string | undefined;
  private handle: FileHandle | undefined;

  /**
   * Reads to the end, or only its beginning where that is of no export. It takes as much of the disk of temporary files (`TMPDIR`) as the export is large.
   * @returns the path of the file, which is gone with this process whatever becomes of that, where the system can do so
   * @throws USAGE for a terminal, FILE_DAMAGED, FILE_FAILED, the signal's reason
   */
  async take(source: Readable & { readonly isTTY?: boolean }, signal?: AbortSignal): Promise<string> {
    if (source.isTTY) throw nothingPipedIn();
    try {
      // Its directory is open to its owner alone.
      this.directory = mkdtempSync(join(tmpdir(), 'multiflexi-import-'));
      const file = join(this.directory, 'standard-input');
      this.handle = await open(file, 'wx+', 0o600);
      const isNameless = existsSync(DESCRIPTORS);
      if (isNameless) this.removeDirectory();
      if (signal) addAbortSignal(signal, source);
      await this.handle.writeFile(requiringForm(source));
      return isNameless ? `${DESCRIPTORS}/${this.handle.fd}` : file;
    } catch (error) {
      signal?.throwIfAborted();
      throw fileFailure(tmpdir(), error, 'write', 'directory');
    }
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
    this.removeDirectory();
  }

  private removeDirectory(): void {
    if (this.directory !== undefined) rmSync(this.directory, { recursive: true, force: true });
    this.directory = undefined;
  }
}

/** Somebody's endless pipe would fill the disk before anybody looked at it. */
async function* requiringForm(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let beginning: Buffer | undefined = Buffer.alloc(0);
  for await (const bytes of source) {
    if (beginning === undefined) {
      yield bytes;
      continue;
    }
    beginning = Buffer.concat([beginning, bytes]);
    if (beginning.length < BEGINNING) continue;
    requireForm(beginning.subarray(0, BEGINNING), STANDARD_INPUT);
    yield beginning;
    beginning = undefined;
  }
  if (beginning === undefined) return;
  requireForm(beginning, STANDARD_INPUT);
  yield beginning;
}
