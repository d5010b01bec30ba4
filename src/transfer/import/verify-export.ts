/** Reads a whole export before anything is written: its checksums, its schema, and every value that the database is to hold. */
import type { Engine } from '../../engines/index.ts';
import type { Migration } from '../../migrations/index.ts';
import { RowCodec, RowSum } from '../row-stream/values.ts';
import { streamedBy } from '../rows/streamed-rows.ts';
import { requireOurTables, schemaOf } from './expected-tables.ts';
import type { ExportContents, ExportFile, TableSum } from './export-file.ts';
import { sumsDiffer } from './failures.ts';
import { RowChecks } from './row-checks.ts';

export interface VerifiedExport extends ExportContents {
  readonly file: string;
  readonly form: ExportFile['form'];
  readonly encrypted: boolean;
  readonly bytes: number;
  /** What tells it from every other file. */
  readonly seal: string;
  /** With digests as every database has them. */
  readonly sums: readonly TableSum[];
}

export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the file that have been read. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** @throws FILE_DAMAGED, NOT_MIGRATED, CANNOT_BE_LOADED, TOO_LARGE */
export async function verifyExport(
  engine: Engine,
  opened: ExportFile,
  known: readonly Migration[],
  { signal, onBytes }: VerifyOptions = {},
): Promise<VerifiedExport> {
  const { file, form, encrypted, bytes, contents } = opened;
  const models = requireOurTables(file, contents.tables, schemaOf(file, contents, known));
  const tables = contents.tables.flatMap((table, place) => {
    const model = models[place];
    if (!model) return [];
    const checks = new RowChecks(engine, file, table, model);
    return [{ codec: new RowCodec(table.columns), sum: new RowSum(), checks }];
  });
  for await (const { table, rows, bytes: read } of opened.rows()) {
    signal?.throwIfAborted();
    const found = tables[table];
    for (const row of rows) {
      const wait = found?.checks.require(row);
      if (wait) await wait;
      found?.sum.add(found.codec.digest(row));
    }
    streamedBy(rows);
    onBytes?.(read);
  }
  const sums = opened.sums().map(({ name, rows, digest }, place) => {
    const sum = tables[place]?.sum;
    // What an encrypted file says of its rows is of its key; that no byte of them was changed, its cipher has told.
    if (sum?.rows !== rows || (!encrypted && sum.digest !== digest)) throw sumsDiffer(file, name);
    return { name, rows, digest: sum.digest };
  });
  return { file, form, encrypted, bytes, seal: opened.seal(), sums, ...contents };
}
