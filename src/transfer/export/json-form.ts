/** The JSON form of an export: one document, in which a row is a line, and whose last member says that it is complete. */
import { setImmediate as turn } from 'node:timers/promises';
import { PROGRAM_VERSION } from '../../system/index.ts';
import { isPieced } from '../rows/restorable.ts';
import type { ExportHead } from './header.ts';
import { JsonRows } from './json-rows.ts';
import type { ExportedTable, ExportReading } from './reading.ts';
import type { TextSink } from './text-sink.ts';

export const JSON_FORMAT = 'multiflexi export';
export const JSON_VERSION = 1;

/** Characters that are gathered before they are written. */
const GATHERED = 256 * 1024;

/** @returns the tables as they were written, and how many bytes that took @throws CANNOT_BE_SAVED, what the sink throws */
export async function writeJson(
  reading: ExportReading,
  head: ExportHead,
  sink: TextSink,
): Promise<{ readonly tables: readonly ExportedTable[]; readonly bytes: number }> {
  const out = new Gathered(sink);
  await out.write(beginning(head, reading));
  const tables: ExportedTable[] = [];
  for (const { table, pages } of reading.tables) {
    const rows = new JsonRows(reading.engine, table);
    await out.write(`${tables.length === 0 ? '' : ','}\n${JSON.stringify(table.name)}: [`);
    for await (const page of pages()) {
      for (const row of page.rows) {
        if (isPieced(row)) reading.onRow(table, await rows.writePieced(row, (text) => out.write(text)));
        else {
          const { text, read } = rows.text(row);
          reading.onRow(table, read);
          if (out.add(text)) await out.flush();
        }
      }
      reading.onPage(page.rows.length, out.bytes);
      // Where statements block, nothing else would have its turn: a signal, or the clock.
      await turn();
    }
    await out.write(rows.sum.rows === 0 ? ']' : '\n]');
    tables.push({ name: table.name, rows: rows.sum.rows, digest: rows.sum.digest });
  }
  await out.write(ending(tables));
  await out.flush();
  return { tables, bytes: out.bytes };
}

function beginning({ created, source, schema, selection }: ExportHead, { tables }: ExportReading): string {
  const first = {
    format: JSON_FORMAT,
    version: JSON_VERSION,
    created,
    program: `multiflexi-cli ${PROGRAM_VERSION}`,
  };
  const described = { ...schema, tables: tables.map(({ table }) => table) };
  return `{
${JSON.stringify(first).slice(1, -1)},
"source": ${JSON.stringify(source)},
"schema": ${JSON.stringify(described)},
"selection": ${JSON.stringify(selection)},
"tables": {`;
}

function ending(tables: readonly ExportedTable[]): string {
  const counts = Object.fromEntries(tables.map(({ name, rows, digest }) => [name, { rows, digest }]));
  return `
},
"counts": ${JSON.stringify(counts)},
"complete": true
}
`;
}

/** Text on its way to the sink, in portions that are worth a write. */
class Gathered {
  /** Written so far. */
  bytes = 0;
  private readonly sink: TextSink;
  private text = '';

  constructor(sink: TextSink) {
    this.sink = sink;
  }

  /** @returns whether it should be flushed */
  add(text: string): boolean {
    this.text += text;
    return this.text.length >= GATHERED;
  }

  async write(text: string): Promise<void> {
    if (this.add(text)) await this.flush();
  }

  async flush(): Promise<void> {
    const bytes = Buffer.from(this.text);
    this.text = '';
    await this.sink.write(bytes);
    this.bytes += bytes.length;
  }
}
