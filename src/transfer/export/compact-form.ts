/** The compact form of an export: a row stream, whose rows several readers bring. */

import { setImmediate as turn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { PROGRAM_VERSION } from '../../system/index.ts';
import type { StreamKey } from '../row-stream/encryption.ts';
import { FORMAT, PIECED_VERSION } from '../row-stream/format.ts';
import { RowStreamWriter } from '../row-stream/writer.ts';
import { Restorable } from '../rows/restorable.ts';
import { writeRows, writeText } from '../rows/write-rows.ts';
import { EXPORT, type ExportHead } from './header.ts';
import type { ExportedTable, ExportPage, ExportReading, ReadTable } from './reading.ts';

/** @throws FILE_FAILED, CANNOT_BE_SAVED; then there is no file */
export async function writeCompact(
  reading: ExportReading,
  head: ExportHead,
  file: string,
  key: StreamKey | undefined,
): Promise<{ readonly tables: readonly ExportedTable[]; readonly bytes: number }> {
  const writer = await RowStreamWriter.create(file, headerOf(head, reading), { key });
  try {
    for (const place of reading.tables.keys()) await writeTable(reading, place, writer);
    const { tables } = await writer.finish();
    return { tables, bytes: writer.size };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

function headerOf({ created, source, schema, selection }: ExportHead, { tables }: ExportReading) {
  return {
    part: 'header' as const,
    format: FORMAT,
    // Whether any value is large is known only when all have been read.
    version: PIECED_VERSION,
    purpose: EXPORT,
    created,
    program: PROGRAM_VERSION,
    source,
    tables: tables.map(({ table }) => table),
    details: { schema, selection },
  } as const;
}

/** While one reader's page is written, the others' are on their way. */
async function writeTable(reading: ExportReading, place: number, writer: RowStreamWriter): Promise<void> {
  const source = reading.tables[place];
  if (!source) return;
  const restorable = new Restorable(reading.engine, source.table);
  let last: Promise<void> = Promise.resolve();
  const write = ({ text, rows }: ExportPage): Promise<void> => {
    const written = last.then(async () => {
      const lines = text ? await writeText(writer, restorable, place, text) : 0;
      await writeRows(writer, restorable, place, rows, (row) => reading.onRow(source.table, row));
      reading.onPage(lines + rows.length, writer.size);
      // Where statements block, nothing else would have its turn: a signal, or the clock.
      await turn();
    });
    last = written.catch(() => {});
    return written;
  };
  await together(reading.sessions, source, write);
}

/** The first that fails ends the others at their next page. */
async function together(
  sessions: readonly Kysely<unknown>[],
  source: ReadTable,
  write: (page: ExportPage) => Promise<void>,
): Promise<void> {
  const ranges = source.ranges();
  const failures: unknown[] = [];
  const [only, ...others] = sessions;
  const one = async (session: Kysely<unknown>) => {
    try {
      for await (const range of shared(ranges))
        for await (const page of source.pagesOf(session, range)) {
          if (failures.length > 0) return;
          await write(page);
        }
    } catch (error) {
      failures.push(error);
    }
  };
  if (only && others.length === 0) for await (const page of source.pages()) await write(page);
  else await Promise.all(sessions.map(one));
  if (failures.length > 0) throw failures[0];
}

/** `for await` over a generator that others read from as well: leaving the loop does not end it. */
async function* shared<T>(generator: AsyncGenerator<T>): AsyncGenerator<T> {
  for (;;) {
    const { value, done } = await generator.next();
    if (done) return;
    yield value;
  }
}
