/** An export as a row stream. */
import { EXPORT } from '../export/header.ts';
import { passphraseNeeded } from '../row-stream/failures.ts';
import type { ChunkHead } from '../row-stream/format.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import { RowStreamReader } from '../row-stream/reader.ts';
import {
  DETAILS,
  type ExportContents,
  type ExportedRows,
  type ExportFile,
  type ExportSource,
  type TableSum,
} from './export-file.ts';
import { notAnExport, tablesMixed } from './failures.ts';

/** @throws FILE_FAILED, FILE_DAMAGED, PASSPHRASE_NEEDED, PASSPHRASE_WRONG */
export async function openRowStreamExport({
  file: path,
  name: file = path,
  passphrase,
}: ExportSource): Promise<ExportFile> {
  const reader = await RowStreamReader.open(path, { passphrase, name: file });
  try {
    const { header } = reader;
    const details = DETAILS.safeParse(header.details);
    if (header.purpose !== EXPORT || !details.success) throw notAnExport(file);
    if (header.encryption && !passphrase) throw passphraseNeeded(file);
    const { created, program, source, tables } = header;
    return new RowStreamExport(reader, { created, program, source, tables, ...details.data });
  } catch (error) {
    await reader.close();
    throw error;
  }
}

class RowStreamExport implements ExportFile {
  readonly form = 'compact';
  readonly contents: ExportContents;
  private readonly reader: RowStreamReader;

  constructor(reader: RowStreamReader, contents: ExportContents) {
    this.reader = reader;
    this.contents = contents;
  }

  get file(): string {
    return this.reader.file;
  }

  get encrypted(): boolean {
    return this.reader.header.encryption !== undefined;
  }

  get bytes(): number {
    return this.reader.bytes;
  }

  async *rows(skip: ReadonlySet<number> = new Set()): AsyncGenerator<ExportedRows> {
    let bytes = 0;
    let last = 0;
    let read: ChunkHead | undefined;
    for await (const { head, rows } of this.reader.parts(({ table }) => !skip.has(table))) {
      // A table is complete before the next one begins.
      if (head.table < last) throw tablesMixed(this.file);
      last = head.table;
      const more = head === read ? 0 : head.bytes;
      read = head;
      // Its pieces are before it, and mostly bytes that nothing compresses.
      const large = head.pieces === undefined ? 0 : (rows[0] ?? []).reduce<number>(addLarge, 0);
      bytes = Math.min(this.bytes, bytes + more + large);
      yield { table: head.table, rows, bytes };
    }
  }

  seal(): string {
    return this.reader.manifest.sha256;
  }

  sums(): readonly TableSum[] {
    return this.reader.manifest.tables;
  }

  async close(): Promise<void> {
    await this.reader.close();
  }
}

function addLarge(bytes: number, value: unknown): number {
  return bytes + (value instanceof LargeValue ? value.bytes : 0);
}
