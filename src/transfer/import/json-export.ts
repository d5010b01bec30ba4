/** An export in its JSON form. */
import type { FileHandle } from 'node:fs/promises';
import { damaged, incomplete } from '../row-stream/failures.ts';
import { summedRow } from '../row-stream/pieces.ts';
import { type Row, RowCodec } from '../row-stream/values.ts';
import type { ExportContents, ExportedRows, ExportFile, TableSum } from './export-file.ts';
import { eventsOf, JsonDocument } from './json-document.ts';
import type { BuiltRow } from './json-row.ts';

/** Rows that are given out together. */
const ROWS_AT_ONCE = 1_000;
const CHARACTERS_AT_ONCE = 2 * 1024 * 1024;
/** A text of so many characters may have more bytes than a value in memory. */
const MAYBE_LARGE = 300_000;

/** Reads what is before the rows. @throws FILE_DAMAGED */
export async function openJsonExport(handle: FileHandle, file: string): Promise<ExportFile> {
  const { size } = await handle.stat();
  for await (const event of eventsOf(handle, file, new JsonDocument(file)))
    if ('contents' in event) return new JsonExport(file, handle, size, event.contents);
  throw incomplete(file);
}

class JsonExport implements ExportFile {
  readonly form = 'json';
  readonly encrypted = false;
  readonly file: string;
  readonly bytes: number;
  readonly contents: ExportContents;
  private readonly handle: FileHandle;
  private digest = '';
  private counts: readonly TableSum[] = [];

  constructor(file: string, handle: FileHandle, bytes: number, contents: ExportContents) {
    this.file = file;
    this.handle = handle;
    this.bytes = bytes;
    this.contents = contents;
  }

  async *rows(skip: ReadonlySet<number> = new Set()): AsyncGenerator<ExportedRows> {
    const codecs = this.contents.tables.map(({ columns }) => new RowCodec(columns));
    const document = new JsonDocument(this.file, this.contents);
    let gathered: unknown[][] = [];
    let characters = 0;
    let bytes = 0;
    const take = () => {
      const rows = gathered;
      gathered = [];
      characters = 0;
      return rows;
    };
    for await (const event of eventsOf(this.handle, this.file, document)) {
      if ('bytes' in event) bytes = event.bytes;
      else if ('built' in event) {
        const { built, table } = event;
        try {
          if (skip.has(table)) continue;
          const row = this.typed(codecs[table], table, built);
          if (built.spools.length > 0) {
            if (gathered.length > 0) yield { table, rows: take(), bytes };
            yield { table, rows: [row], bytes };
            continue;
          }
          gathered.push(row);
          characters += built.characters;
          if (gathered.length < ROWS_AT_ONCE && characters < CHARACTERS_AT_ONCE) continue;
          yield { table, rows: await this.summed(table, take()), bytes };
        } finally {
          for (const spool of built.spools) spool.close();
        }
      } else if ('endOf' in event && gathered.length > 0)
        yield { table: event.endOf, rows: await this.summed(event.endOf, take()), bytes };
    }
    this.digest = document.digest();
    this.counts = document.counts;
  }

  seal(): string {
    return this.digest;
  }

  sums(): readonly TableSum[] {
    return this.counts;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private typed(codec: RowCodec | undefined, table: number, { values }: BuiltRow): unknown[] {
    try {
      return codec?.typed(values) ?? [];
    } catch (error) {
      const name = this.contents.tables[table]?.name ?? '';
      throw damaged(this.file, `${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Values that a row stream would have in pieces count by their digest here as well. */
  private async summed(table: number, rows: readonly Row[]): Promise<readonly Row[]> {
    const columns = this.contents.tables[table]?.columns ?? [];
    const isLong = (value: unknown) =>
      (typeof value === 'string' || Buffer.isBuffer(value)) && value.length > MAYBE_LARGE;
    if (!rows.some((row) => row.some(isLong))) return rows;
    return Promise.all(rows.map((row) => (row.some(isLong) ? summedRow(columns, row) : row)));
  }
}
