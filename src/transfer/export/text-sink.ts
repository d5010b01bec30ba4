/** Where the text of an export is written to: somebody's standard output, or a file that has its name only when it is complete. */
import { fileFailure, presence } from '../../system/index.ts';
import { fileExists } from '../row-stream/failures.ts';
import { partialName, removeLeftovers } from '../row-stream/partial.ts';
import { PartialFile } from '../row-stream/partial-file.ts';

export interface TextSink {
  /** Waits until the text is taken, so that no more of it is in memory than the reader has room for. */
  write(text: Buffer): Promise<void>;
}

/** Written beside, and never over another file. */
export class TextFile implements TextSink {
  private readonly file: string;
  private readonly output: PartialFile;
  private length = 0;

  private constructor(file: string, output: PartialFile) {
    this.file = file;
    this.output = output;
  }

  /** @throws FILE_FAILED, also when the file already exists */
  static async create(file: string): Promise<TextFile> {
    try {
      if (presence(file)) throw fileExists(file);
      await removeLeftovers(file);
      return new TextFile(file, await PartialFile.create(file, partialName(file)));
    } catch (error) {
      throw fileFailure(file, error);
    }
  }

  async write(text: Buffer): Promise<void> {
    try {
      await this.output.write(text, this.length);
      this.length += text.length;
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** On the disk to its last byte, and under its name. */
  async finish(): Promise<void> {
    try {
      await this.output.complete();
    } catch (error) {
      throw fileFailure(this.file, error);
    }
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.output.remove();
  }
}
