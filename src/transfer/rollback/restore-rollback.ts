/** Restores what a change of the schema destroyed, once its table or column exists again. Nothing that exists is overwritten. */
import * as z from 'zod/mini';
import type { CatalogTable, Engine } from '../../engines/index.ts';
import type { Fence } from '../../leases/index.ts';
import { type Database, findInstallation } from '../../schema/index.ts';
import {
  contradictoryHeader,
  notARollbackBackup,
  rowsOfBookkeeping,
  severalInstallations,
} from '../failures.ts';
import { chunkOfNoTable } from '../row-stream/failures.ts';
import type { Source } from '../row-stream/format.ts';
import { RowStreamReader } from '../row-stream/reader.ts';
import { RestoreTarget } from '../rows/restore-target.ts';
import { type RestoredRows, RowRestorer } from '../rows/row-restorer.ts';
import { type AdaptedTable, adaptedTo, writableTables } from '../rows/stream-table.ts';
import { isSameInstallation, sourceOf, sourceWords } from '../source.ts';
import { type KeptPart, ROLLBACK_BACKUP } from './rollback-backup.ts';

export interface RestorePlan {
  readonly file: string;
  readonly created: string;
  readonly program: string;
  readonly source: Source;
  /** What tells the file's installation from the database's, in words; none where nobody has to be asked. */
  readonly differences: readonly string[];
  /** In the order in which they are restored. */
  readonly parts: readonly (KeptPart & { readonly rows: number })[];
}

export interface RestoredPart extends KeptPart, RestoredRows {
  readonly rows: number;
}

const INSTALLATION = 'installation';

const DETAILS = z.object({ parts: z.array(z.object({ table: z.string(), column: z.nullable(z.string()) })) });

/**
 * Reads the file once from start to end, and the schema, and writes nothing.
 * @throws FILE_FAILED, FILE_DAMAGED; NOT_MIGRATED while a table or column of the file is missing
 */
export async function planRestore(engine: Engine, file: string): Promise<RestorePlan> {
  return withReader(file, async (reader) => {
    const parts = partsOf(reader);
    const catalog = await writableTables(engine);
    for (const [place, table] of reader.header.tables.entries())
      adaptedTo(catalog.get(table.name), table, { part: parts[place]?.column ?? null }, engine.where);
    await reader.verify();
    const { created, program, source } = reader.header;
    const live = sourceOf(engine, await findInstallation(engine));
    const isSame = isSameInstallation(source, live) || lostItsId(reader, live);
    const rows = reader.manifest.tables.map((table) => table.rows);
    return {
      file,
      created,
      program,
      source,
      differences: isSame
        ? []
        : [`the file comes from ${sourceWords(source)}, but this database is ${sourceWords(live)}`],
      parts: parts.map((part, place) => ({ ...part, rows: rows[place] ?? 0 })),
    };
  });
}

export interface RestoreOptions {
  /** Ends the work after the current rows; the same command continues. */
  readonly signal?: AbortSignal | undefined;
  /** Held by each transaction that writes. */
  readonly fence?: Fence | undefined;
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/**
 * In transactions of a few hundred rows, each read back and held against its digests before it is committed; rows
 * that exist already are skipped, so that the same call continues after an interruption.
 */
export async function applyRestore(
  engine: Engine,
  plan: RestorePlan,
  { signal, fence, onProgress }: RestoreOptions = {},
): Promise<RestoredPart[]> {
  return withReader(plan.file, async (reader) => {
    const catalog = [...(await writableTables(engine)).values()];
    const live = sourceOf(engine, await findInstallation(engine));
    if (lostItsId(reader, live)) await takeIdBack(engine, reader);
    const first = await pass(engine, reader, catalog, { signal, fence, onProgress });
    // A row can refer to a later one of its own table: what was left out for that is restored the next time.
    for (let last = first; refersToItself(last, catalog); ) {
      const next = await pass(engine, reader, catalog, { signal, fence });
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

/** Whether the file has the installation id that the database had before a rollback took the id's own table away. */
function lostItsId({ header }: RowStreamReader, live: Source): boolean {
  return header.source.where === live.where && header.tables.some(({ name }) => name === INSTALLATION);
}

/** The database is again the one that its archives and plans name, not the one that it became when it was migrated. */
async function takeIdBack(engine: Engine, reader: RowStreamReader): Promise<void> {
  for await (const { table, rows } of reader.chunks(INSTALLATION)) {
    const [row, ...others] = rows;
    if (!row || others.length > 0) throw severalInstallations(reader.file);
    const uuid = String(row[table.columns.findIndex(({ name }) => name === 'uuid')]);
    await engine.kysely<Database>().deleteFrom(INSTALLATION).where('uuid', '<>', uuid).execute();
  }
}

interface PartRestorer {
  readonly part: KeptPart;
  readonly adapted: AdaptedTable;
  readonly restorer: RowRestorer;
}

async function pass(
  engine: Engine,
  reader: RowStreamReader,
  catalog: readonly CatalogTable[],
  { signal, fence, onProgress }: RestoreOptions,
): Promise<PartRestorer[]> {
  const parts = partsOf(reader);
  /** Keys of rows that were left out, by table: what refers to them is left out as well. */
  const left = new Map<string, Set<string>>();
  const results = reader.header.tables.map((table, place) => {
    const live = catalog.find(({ name }) => name === table.name);
    const part = parts[place];
    if (!live || !part) throw contradictoryHeader(reader.file);
    const adapted = adaptedTo(live, table, { part: part.column }, engine.where);
    const target = new RestoreTarget(engine, live, adapted.table, part.column, left);
    return { part, adapted, restorer: new RowRestorer(target) };
  });
  let done = 0;
  for await (const chunk of reader.chunks()) {
    const result = results[chunk.head.table];
    if (!result) throw chunkOfNoTable(reader.file);
    try {
      await result.restorer.restore(chunk.rows.map(result.adapted.row), {
        signal,
        fence,
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
  if (header.purpose !== ROLLBACK_BACKUP || !details.success) throw notARollbackBackup(file, header.purpose);
  const { parts } = details.data;
  const ownBooks = header.tables.find(({ name }) => name.startsWith('multiflexi_'));
  if (ownBooks) throw rowsOfBookkeeping(file, ownBooks.name);
  const agree = header.tables.every(({ name, columns }, place) => {
    const part = parts[place];
    return (
      part?.table === name && (part.column === null || columns.some((column) => column.name === part.column))
    );
  });
  if (!agree || parts.length !== header.tables.length) throw contradictoryHeader(file);
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
