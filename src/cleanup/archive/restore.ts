/** Puts archived rows back with their ids. Nothing that is there is overwritten; what cannot be put back is named. */
import { join } from 'node:path';
import type { CatalogTable, Engine } from '../../engines/index.ts';
import { MultiFlexiError } from '../../errors.ts';
import {
  type Passphrase,
  PutBack,
  type RestoredRows,
  RowRestorer,
  RowStreamReader,
  requireTable,
} from '../../transfer/index.ts';
import { type ArchiveCatalogue, readCatalogue } from './catalogue.ts';
import type { ArchivePlace } from './directory.ts';
import { ARCHIVED, type ArchivedTable } from './keeper.ts';
import { ARCHIVE } from './run.ts';

export interface ArchiveRestorePlan {
  readonly place: ArchivePlace;
  readonly catalogue: ArchiveCatalogue;
  /** Only these jobs, with what is theirs; null for all that is in it. */
  readonly jobs: readonly bigint[] | null;
  /** Jobs that were asked for and are not in it. */
  readonly missing: readonly bigint[];
  readonly tables: readonly { readonly table: ArchivedTable; readonly rows: number }[];
}

export interface RestoredTable extends RestoredRows {
  readonly table: ArchivedTable;
  readonly rows: number;
}

export interface ArchiveRestoreOptions {
  readonly passphrase?: Passphrase | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/**
 * Reads the whole archive once, and the schema; writes nothing to the database.
 * @throws FILE_DAMAGED, NOT_MIGRATED, PASSPHRASE_NEEDED, PASSPHRASE_WRONG; FILE_DAMAGED too while it is unsettled
 */
export async function planArchiveRestore(
  engine: Engine,
  place: ArchivePlace,
  jobs: readonly bigint[] | null,
  { passphrase, signal }: ArchiveRestoreOptions = {},
): Promise<ArchiveRestorePlan> {
  const catalogue = readCatalogue(place);
  if (!catalogue) throw unsettled(place);
  const catalog = new Map((await engine.introspect()).map((table) => [table.name, table]));
  const counts = new Map<string, number>(ARCHIVED.map((table) => [table, 0]));
  const found = new Set<bigint>();
  await eachPart(place, catalogue, passphrase, async (reader) => {
    for (const table of reader.header.tables)
      requireTable(table, null, catalog.get(table.name), engine.where);
    await reader.verify(({ table, rows }) => {
      signal?.throwIfAborted();
      const wanted = rows.filter(ofJobs(table.name, table.columns, jobs));
      counts.set(table.name, (counts.get(table.name) ?? 0) + wanted.length);
      if (table.name === 'job' && jobs)
        for (const row of wanted) found.add(row[placeOf(table.columns, 'id')] as bigint);
    });
  });
  return {
    place,
    catalogue,
    jobs,
    missing: (jobs ?? []).filter((id) => !found.has(id)),
    tables: ARCHIVED.map((table) => ({ table, rows: counts.get(table) ?? 0 })),
  };
}

/**
 * In transactions of a few hundred rows, each read back and held against its digests before it is committed; rows that
 * are there already are passed over, so that the same call goes on after an interruption. Under the lock of purges.
 */
export async function applyArchiveRestore(
  engine: Engine,
  plan: ArchiveRestorePlan,
  { passphrase, signal, onProgress }: ArchiveRestoreOptions = {},
): Promise<RestoredTable[]> {
  const catalog = new Map((await engine.introspect()).map((table) => [table.name, table]));
  /** Keys of rows that were left out, by table: what refers to them is left out as well. */
  const left = new Map<string, Set<string>>();
  const results: RestoredTable[] = [];
  let done = 0;
  // A job's children may be in an earlier part than the job: parents first, over all parts.
  for (const { table, rows } of plan.tables) {
    let total: RowRestorer | undefined;
    try {
      await eachPart(plan.place, plan.catalogue, passphrase, async (reader) => {
        const stream = reader.header.tables.find(({ name }) => name === table);
        const live = catalog.get(table);
        if (!stream || !live) return;
        total ??= new RowRestorer(new PutBack(engine, live, stream, null, left));
        for await (const chunk of reader.chunks(table)) {
          const wanted = chunk.rows.filter(ofJobs(table, stream.columns, plan.jobs));
          await total.restore(wanted, {
            signal,
            onRows: (some) => {
              done += some;
              onProgress?.(done);
            },
          });
        }
      });
    } finally {
      // Whatever comes next, the platform's own inserts must not meet the ids that were put back.
      await engine.catchUpIdentity(table);
    }
    const none = { restored: 0, present: 0, conflicts: 0, conflictKeys: [] };
    results.push({ table, rows, ...(total?.report() ?? none) });
  }
  return results;
}

async function eachPart(
  { path }: ArchivePlace,
  { parts }: ArchiveCatalogue,
  passphrase: Passphrase | undefined,
  work: (reader: RowStreamReader) => Promise<void>,
): Promise<void> {
  for (const { file, sha256 } of parts) {
    const reader = await RowStreamReader.open(join(path, file), { passphrase });
    try {
      if (reader.header.purpose !== ARCHIVE || reader.manifest.sha256 !== sha256)
        throw new MultiFlexiError(
          'FILE_DAMAGED',
          `The part ${reader.file} is not the one of its catalogue.`,
          {
            next: 'Use another copy of the archive.',
          },
        );
      await work(reader);
    } finally {
      await reader.close();
    }
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

function unsettled({ name }: ArchivePlace): MultiFlexiError {
  return new MultiFlexiError(
    'FILE_DAMAGED',
    `The archive ${name} has no catalogue: its run was cut off, or is at work.`,
    { next: 'Restoring without --dry-run settles it first; so does the next purge that archives there.' },
  );
}
