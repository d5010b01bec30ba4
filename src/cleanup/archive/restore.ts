/** Restores archived rows with their ids. Nothing that exists is overwritten; what cannot be restored is named. */
import { join } from 'node:path';
import type { CatalogTable, Engine } from '../../engines/index.ts';
import type { Fence } from '../../leases/index.ts';
import {
  type AdaptedTable,
  adaptedTo,
  type Passphrase,
  type RestoredRows,
  RestoreTarget,
  type RestoringOptions,
  RowRestorer,
  RowStreamReader,
  type RowStreamTable,
  writableTables,
} from '../../transfer/index.ts';
import { type ArchiveCatalogue, readCatalogue } from './catalogue.ts';
import type { ArchivePlace } from './directory.ts';
import { incompleteArchive, partReplaced } from './failures.ts';
import { ARCHIVE } from './run.ts';
import { ARCHIVED, type ArchivedTable } from './tables.ts';

export interface ArchiveRestorePlan {
  readonly place: ArchivePlace;
  readonly catalogue: ArchiveCatalogue;
  /** Only these jobs, with what is theirs; null for all that is in it. */
  readonly jobs: readonly bigint[] | null;
  /** Jobs that were asked for and are not in it. */
  readonly missing: readonly bigint[];
  readonly tables: readonly { readonly table: ArchivedTable; readonly rows: number }[];
  /** Columns whose values are left out, as the tables no longer have them: `table.column`. */
  readonly leftOut: readonly string[];
}

export interface RestoredTable extends RestoredRows {
  readonly table: ArchivedTable;
  readonly rows: number;
}

export interface ArchiveRestoreOptions {
  readonly passphrase?: Passphrase | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Held by each transaction that writes. */
  readonly fence?: Fence | undefined;
  readonly onProgress?: ((rows: number) => void) | undefined;
  /** Whether values of columns that the tables no longer have may be left out. */
  readonly leaveOutMissing?: boolean | undefined;
}

/**
 * Reads the whole archive once, and the schema; writes nothing to the database.
 * @throws FILE_DAMAGED, NOT_MIGRATED, PASSPHRASE_NEEDED, PASSPHRASE_WRONG; FILE_DAMAGED too while it is unsettled
 */
export async function planArchiveRestore(
  engine: Engine,
  place: ArchivePlace,
  jobs: readonly bigint[] | null,
  { passphrase, signal, leaveOutMissing }: ArchiveRestoreOptions = {},
): Promise<ArchiveRestorePlan> {
  const catalogue = readCatalogue(place);
  if (!catalogue) throw incompleteArchive(place.name);
  const catalog = await writableTables(engine, signal);
  const leftOut = new Set<string>();
  const counts = new Map<string, number>(ARCHIVED.map((table) => [table, 0]));
  const found = new Set<bigint>();
  await withParts(place, catalogue, passphrase, async (readers) => {
    for (const reader of readers) {
      for (const table of reader.header.tables) {
        const live = catalog.get(table.name);
        const adapted = adaptedTo(live, table, { part: null, leaveOutMissing }, engine.where);
        for (const column of adapted.leftOut) leftOut.add(`${table.name}.${column}`);
      }
      await reader.verify(({ table, rows }) => {
        signal?.throwIfAborted();
        const wanted = rows.filter(ofJobs(table.name, table.columns, jobs));
        counts.set(table.name, (counts.get(table.name) ?? 0) + wanted.length);
        if (table.name === 'job' && jobs)
          for (const row of wanted) found.add(row[placeOf(table.columns, 'id')] as bigint);
      });
    }
  });
  return {
    place,
    catalogue,
    jobs,
    missing: (jobs ?? []).filter((id) => !found.has(id)),
    tables: ARCHIVED.map((table) => ({ table, rows: counts.get(table) ?? 0 })),
    leftOut: [...leftOut],
  };
}

/**
 * In transactions of a few hundred rows, each read back and held against its digests before it is committed; rows that
 * exist already are skipped, so that the same call continues after an interruption. Under the lock of purges.
 */
export async function applyArchiveRestore(
  engine: Engine,
  plan: ArchiveRestorePlan,
  { passphrase, signal, fence, onProgress }: ArchiveRestoreOptions = {},
): Promise<RestoredTable[]> {
  const catalog = await writableTables(engine, signal);
  /** Keys of rows that were left out, by table: what refers to them is left out as well. */
  const left = new Map<string, Set<string>>();
  let done = 0;
  const onRows = (rows: number) => {
    done += rows;
    onProgress?.(done);
  };
  return withParts(plan.place, plan.catalogue, passphrase, async (readers) => {
    const results: RestoredTable[] = [];
    // A job's children may be in an earlier part than the job: parents first, over all parts.
    for (const { table, rows } of plan.tables) {
      const live = catalog.get(table);
      const stream = readers[0]?.header.tables.find(({ name }) => name === table);
      try {
        const report =
          live && stream
            ? await restoreTable(readers, restorerOf(engine, live, stream, left), plan, {
                signal,
                fence,
                onRows,
              })
            : NOTHING_RESTORED;
        results.push({ table, rows, ...report });
      } finally {
        // Whatever comes next, the platform's own inserts must not meet the ids that were restored.
        await engine.catchUpIdentity(table);
      }
    }
    return results;
  });
}

const NOTHING_RESTORED: RestoredRows = {
  restored: 0,
  present: 0,
  conflicts: 0,
  conflictKeys: [],
  conflictReasons: [],
};

async function restoreTable(
  readers: readonly RowStreamReader[],
  { restorer, adapted, stream }: TableRestorer,
  { jobs }: ArchiveRestorePlan,
  options: RestoringOptions,
): Promise<RestoredRows> {
  const isWanted = ofJobs(stream.name, stream.columns, jobs);
  for (const reader of readers)
    for await (const chunk of reader.chunks(stream.name))
      await restorer.restore(chunk.rows.filter(isWanted).map(adapted.row), options);
  return restorer.report();
}

interface TableRestorer {
  readonly stream: RowStreamTable;
  readonly adapted: AdaptedTable;
  readonly restorer: RowRestorer;
}

/** Of parts of one run, whose tables are the same. What may be left out was asked for when it was planned. */
function restorerOf(
  engine: Engine,
  live: CatalogTable,
  stream: RowStreamTable,
  left: Map<string, Set<string>>,
): TableRestorer {
  const adapted = adaptedTo(live, stream, { part: null, leaveOutMissing: true }, engine.where);
  return {
    stream,
    adapted,
    restorer: new RowRestorer(new RestoreTarget(engine, live, adapted.table, null, left)),
  };
}

/** Each part is opened once, however often it is read: there is one for each worker, and one more after each lost connection. */
async function withParts<T>(
  { path }: ArchivePlace,
  { parts }: ArchiveCatalogue,
  passphrase: Passphrase | undefined,
  work: (readers: readonly RowStreamReader[]) => Promise<T>,
): Promise<T> {
  const readers: RowStreamReader[] = [];
  try {
    for (const { file, sha256 } of parts) {
      const reader = await RowStreamReader.open(join(path, file), { passphrase });
      readers.push(reader);
      if (reader.header.purpose !== ARCHIVE || reader.manifest.sha256 !== sha256)
        throw partReplaced(reader.file);
    }
    return await work(readers);
  } finally {
    for (const reader of readers) await reader.close();
  }
}

type Columns = CatalogTable['columns'] | readonly { readonly name: string }[];

function ofJobs(table: string, columns: Columns, jobs: readonly bigint[] | null) {
  const wanted = jobs && new Set(jobs);
  const column = placeOf(columns, table === 'job' ? 'id' : 'job_id');
  return (row: readonly unknown[]) => !wanted || wanted.has(row[column] as bigint);
}

function placeOf(columns: Columns, name: string): number {
  return columns.findIndex((column) => column.name === name);
}
