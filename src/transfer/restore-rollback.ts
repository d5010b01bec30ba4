/** Puts back what a change of the schema destroyed, after its table or column is there again. Nothing that is there is overwritten. */
import * as z from 'zod/mini';
import type { CatalogTable, Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { PutBack } from './put-back.ts';
import { type KeptPart, ROLLBACK_BACKUP } from './rollback-backup.ts';
import { type RestoredRows, RowRestorer } from './row-restorer.ts';
import { damaged } from './row-stream/failures.ts';
import { RowStreamReader } from './row-stream/reader.ts';
import { requireTable } from './stream-table.ts';

export interface RestorePlan {
  readonly file: string;
  readonly created: string;
  readonly program: string;
  readonly source: { readonly product: string; readonly where: string };
  /** In the order in which they are put back. */
  readonly parts: readonly (KeptPart & { readonly rows: number })[];
}

export interface RestoredPart extends KeptPart, RestoredRows {
  readonly rows: number;
}

const DETAILS = z.object({ parts: z.array(z.object({ table: z.string(), column: z.nullable(z.string()) })) });

/**
 * Reads the whole file once and the schema, and writes nothing.
 * @throws FILE_FAILED, FILE_DAMAGED; NOT_MIGRATED while a table or column of the file is not there
 */
export async function planRestore(engine: Engine, file: string): Promise<RestorePlan> {
  return withReader(file, async (reader) => {
    const parts = partsOf(reader);
    const catalog = new Map((await engine.introspect()).map((table) => [table.name, table]));
    for (const [place, table] of reader.header.tables.entries())
      requireTable(table, parts[place]?.column ?? null, catalog.get(table.name), engine.where);
    await reader.verify();
    const { created, program, source } = reader.header;
    const rows = reader.manifest.tables.map((table) => table.rows);
    return {
      file,
      created,
      program,
      source,
      parts: parts.map((part, place) => ({ ...part, rows: rows[place] ?? 0 })),
    };
  });
}

export interface RestoreOptions {
  /** Ends the work after the rows at hand; the same command goes on. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/**
 * In transactions of a few hundred rows, each read back and held against its digests before it is committed; rows
 * that are there already are passed over, so that the same call goes on after an interruption.
 */
export async function applyRestore(
  engine: Engine,
  plan: RestorePlan,
  { signal, onProgress }: RestoreOptions = {},
): Promise<RestoredPart[]> {
  return withReader(plan.file, async (reader) => {
    const catalog = await engine.introspect();
    const first = await pass(engine, reader, catalog, { signal, onProgress });
    // A row can refer to a later one of its own table: what was left out for that is in place the next time.
    for (let last = first; refersToItself(last, catalog); ) {
      const next = await pass(engine, reader, catalog, { signal });
      for (const [place, { restorer }] of first.entries()) restorer.takeOver(next[place]?.restorer);
      if (next.every(({ restorer }) => restorer.restored === 0)) break;
      last = next;
    }
    return first.map(({ part, restorer }, place) => ({
      ...part,
      rows: plan.parts[place]?.rows ?? 0,
      ...restorer.report(),
    }));
  });
}

interface PartRestorer {
  readonly part: KeptPart;
  readonly restorer: RowRestorer;
}

async function pass(
  engine: Engine,
  reader: RowStreamReader,
  catalog: readonly CatalogTable[],
  { signal, onProgress }: RestoreOptions,
): Promise<PartRestorer[]> {
  const parts = partsOf(reader);
  /** Keys of rows that were left out, by table: what refers to them is left out as well. */
  const left = new Map<string, Set<string>>();
  const results = reader.header.tables.map((table, place) => {
    const live = catalog.find(({ name }) => name === table.name);
    const part = parts[place];
    if (!live || !part) throw damaged(reader.file, 'its header contradicts itself');
    return { part, restorer: new RowRestorer(new PutBack(engine, live, table, part.column, left)) };
  });
  let done = 0;
  for await (const chunk of reader.chunks()) {
    const result = results[chunk.head.table];
    if (!result) throw damaged(reader.file, 'a chunk is of no table');
    try {
      await result.restorer.restore(chunk.rows, {
        signal,
        onRows: (rows) => {
          done += rows;
          onProgress?.(done);
        },
      });
    } finally {
      // Whatever comes next, the platform's own inserts must not meet the ids that were put back.
      if (result.part.column === null) await engine.catchUpIdentity(result.part.table);
    }
  }
  return results;
}

function refersToItself(results: readonly PartRestorer[], catalog: readonly CatalogTable[]): boolean {
  return results.some(
    ({ part, restorer }) =>
      restorer.restored > 0 &&
      restorer.conflicts > 0 &&
      catalog.find(({ name }) => name === part.table)?.foreignKeys.some(({ table }) => table === part.table),
  );
}

function partsOf(reader: RowStreamReader): readonly KeptPart[] {
  const { file, header } = reader;
  const details = DETAILS.safeParse(header.details);
  if (header.purpose !== ROLLBACK_BACKUP || !details.success) {
    throw new MultiFlexiError('FILE_DAMAGED', `The file ${file} is not one that db:rollback has saved.`, {
      next: `It was made for: ${header.purpose}. Name the file that db:rollback wrote.`,
    });
  }
  const { parts } = details.data;
  const ownBooks = header.tables.find(({ name }) => name.startsWith('multiflexi_'));
  if (ownBooks) throw damaged(file, `it has rows for ${ownBooks.name}, which no migration makes`);
  const agree = header.tables.every(({ name, columns }, place) => {
    const part = parts[place];
    return (
      part?.table === name && (part.column === null || columns.some((column) => column.name === part.column))
    );
  });
  if (!agree || parts.length !== header.tables.length) throw damaged(file, 'its header contradicts itself');
  return parts;
}

async function withReader<T>(file: string, work: (reader: RowStreamReader) => Promise<T>): Promise<T> {
  const reader = await RowStreamReader.open(file);
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}
