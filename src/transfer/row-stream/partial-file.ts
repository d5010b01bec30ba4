/** A file under a name of its own until it is complete, readable by its owner alone. */
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../../system/index.ts';

/** Nothing is translated here: whoever writes knows what a failure means. */
export class PartialFile {
  private readonly file: string;
  private readonly partial: string;
  private readonly handle: FileHandle;

  private constructor(file: string, partial: string, handle: FileHandle) {
    this.file = file;
    this.partial = partial;
    this.handle = handle;
  }

  static async create(file: string, partial: string): Promise<PartialFile> {
    return new PartialFile(file, partial, await open(partial, 'wx', 0o600));
  }

  /** @param bytes how many of it are kept */
  static async continue(file: string, partial: string, bytes: number): Promise<PartialFile> {
    const handle = await open(partial, 'r+');
    await handle.truncate(bytes);
    return new PartialFile(file, partial, handle);
  }

  /** At a place of the writer's own counting: after something was taken back the file's end is not where the handle stands. */
  async write(bytes: Buffer, position: number): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.handle.write(
        bytes,
        written,
        bytes.length - written,
        position + written,
      );
      written += bytesWritten;
    }
  }

  /** To its last byte. */
  async reachDisk(): Promise<void> {
    await this.handle.datasync();
  }

  async cut(bytes: number): Promise<void> {
    await this.handle.truncate(bytes);
    // Or what was removed from its end could come back when the machine goes down.
    await this.handle.datasync();
  }

  /** On the disk to its last byte, and under its name. */
  async complete(): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
    // Two that write to one name: the second finds it taken, where a rename would take it over.
    await link(this.partial, this.file);
    await rm(this.partial);
    await syncDirectory(dirname(this.file));
  }

  /** As it is, to be continued. */
  async leave(): Promise<void> {
    await this.handle.close().catch(() => {});
  }

  async remove(): Promise<void> {
    await this.leave();
    await rm(this.partial, { force: true });
  }
}
