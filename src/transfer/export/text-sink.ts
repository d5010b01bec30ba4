/** Where the text of an export is written to: somebody's standard output, or a file that has its name only when it is complete. */
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileFailure, presence, syncDirectory } from '../../system/index.ts';
import { fileExists } from '../row-stream/failures.ts';
import { partialName, removeLeftovers } from '../row-stream/partial.ts';

export interface TextSink {
  /** Waits until the text is taken, so that no more of it is in memory than the reader has room for. */
  write(text: Buffer): Promise<void>;
}

/** Written beside, readable by its owner alone, and never over another file. */
export class TextFile implements TextSink {
  private readonly file: string;
  private readonly partial: string;
  private readonly handle: FileHandle;

  private constructor(file: string, partial: string, handle: FileHandle) {
    this.file = file;
    this.partial = partial;
    this.handle = handle;
  }

  /** @throws FILE_FAILED, also when the file already exists */
  static async create(file: string): Promise<TextFile> {
    try {
      if (presence(file)) throw fileExists(file);
      await removeLeftovers(file);
      const partial = partialName(file);
      return new TextFile(file, partial, await open(partial, 'wx', 0o600));
    } catch (error) {
      throw fileFailure(file, error);
    }
  }

  async write(text: Buffer): Promise<void> {
    try {
      for (let written = 0; written < text.length; )
        written += (await this.handle.write(text, written)).bytesWritten;
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** On the disk to its last byte, and under its name. */
  async finish(): Promise<void> {
    try {
      await this.handle.sync();
      await this.handle.close();
      // Of two that write to one name the second finds it taken, where a rename would replace the file.
      await link(this.partial, this.file);
      await rm(this.partial);
      await syncDirectory(dirname(this.file));
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.handle.close().catch(() => {});
    await rm(this.partial, { force: true });
  }
}
