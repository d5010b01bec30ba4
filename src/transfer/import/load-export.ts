/** Loads a verified export into tables that have no rows, and reads back what has come of it. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { type Fence, fencedTransaction } from '../../leases/index.ts';
import { MIGRATIONS, modelOf, type TableModel } from '../../migrations/index.ts';
import { digestTables } from '../digest/digest-tables.ts';
import { whileNobodyWrites, withSummingThread } from '../digest/threads/summing-thread.ts';
import type { Row } from '../row-stream/values.ts';
import { completeTables, MANY_ROWS, stripTables } from '../rows/bare-tables.ts';
import { fillLater, loadSharedRows } from '../rows/load-rows.ts';
import { streamedBy } from '../rows/streamed-rows.ts';
import type { ExportFile } from './export-file.ts';
import { changedSinceVerified, loadedRowsDiffer, nextIdTaken } from './failures.ts';
import { noteLoaded } from './mark.ts';
import type { VerifiedExport } from './verify-export.ts';

export interface LoadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly fence?: Fence | undefined;
  /** Bytes of the file that are loaded, and of the table at hand the rows that are committed. */
  readonly onLoaded?: ((bytes: number) => void) | undefined;
  /** Rows that were read back. */
  readonly onRead?: ((rows: number) => void) | undefined;
}

/**
 * @param loaded names of tables that an interrupted import has loaded completely; all others are emptied first
 * @throws CONSTRAINT and others of the database, FILE_DAMAGED, CHANGED_MEANWHILE
 */
export async function loadExport(
  engine: Engine,
  opened: ExportFile,
  verified: VerifiedExport,
  loaded: readonly string[],
  options: LoadOptions,
): Promise<void> {
  const { tables } = verified;
  const models = modelOf(MIGRATIONS.filter(({ version }) => version <= verified.schema.version));
  const done = new Set(loaded);
  await emptyTables(engine, models, done, verified, options);
  const many = verified.sums.filter(({ name, rows }) => rows >= MANY_ROWS && !done.has(name));
  await stripTables(
    engine,
    models,
    many.map(({ name }) => name),
    options,
  );
  const skip = new Set(tables.flatMap(({ name }, place) => (done.has(name) ? [place] : [])));
  const source = new TableByTable(opened, skip, options);
  for (const [place, table] of tables.entries()) {
    if (done.has(table.name)) continue;
    const later = selfReferences(models.get(table.name));
    await loadSharedRows(engine, table, source.rowsOf(place), { ...options, later });
    if (later.length > 0) {
      const others = new Set([...tables.keys()].filter((other) => other !== place));
      await fillLater(engine, table, new TableByTable(opened, others, options).rowsOf(place), {
        ...options,
        later,
      });
    }
    done.add(table.name);
    await noteLoaded(engine, [...done]);
  }
  await source.toEnd();
  if (opened.seal() !== verified.seal) throw changedSinceVerified(verified.file);
  await completeTables(engine, models, options);
}

const READERS = 2;

/** @throws VERIFICATION_FAILED */
export async function requireLoaded(
  engine: Engine,
  { tables, sums }: VerifiedExport,
  { signal, onRead }: LoadOptions,
): Promise<void> {
  let read = 0;
  const onRows = (more: number) => {
    read += more;
    onRead?.(read);
  };
  const rows = sums.reduce((all, sum) => all + sum.rows, 0);
  const loaded = await withSummingThread([engine], rows, (thread) =>
    whileNobodyWrites(engine, { readers: READERS, thread }, (sides) =>
      digestTables(sides, tables, { signal, onRows }),
    ),
  );
  for (const [place, { table, sum: found }] of loaded.entries()) {
    const wanted = sums[place];
    if (wanted && (found.rows !== wanted.rows || found.digest !== wanted.digest))
      throw loadedRowsDiffer(table.name, wanted, found);
  }
  const names = tables.map(({ name }) => name);
  for (const { table, next, largest } of await engine.idCounters(engine.kysely<unknown>(), names))
    if (largest !== null && next <= largest) throw nextIdTaken(table, next, largest);
}

/** Ids that were given where the export is from are not given again, even if their rows were deleted. */
export async function continueNextIds(engine: Engine, { tables, schema }: VerifiedExport): Promise<void> {
  const names = tables.map(({ name }) => name);
  for (const { table, next, limit } of await engine.idCounters(engine.kysely<unknown>(), names)) {
    const wanted = BigInt(schema.nextIds?.[table] ?? 0);
    if (wanted > next && wanted <= limit) await engine.catchUpIdentity(table, wanted - 1n);
  }
}

/** Rows that are deleted together. */
const ROWS_AT_ONCE = 10_000;

/** Children first. The row that says whose database it is goes only where the file has one for it. */
export async function emptyTables(
  engine: Engine,
  models: ReadonlyMap<string, TableModel>,
  keep: ReadonlySet<string>,
  { tables }: Pick<VerifiedExport, 'tables'>,
  { signal, fence }: LoadOptions,
): Promise<void> {
  for (const { name } of [...tables].reverse()) {
    if (keep.has(name) || !models.has(name)) continue;
    for (;;) {
      signal?.throwIfAborted();
      const { rows } = await sql<{ id: bigint }>`
        select id from ${sql.table(name)} order by id limit 1 offset ${sql.lit(ROWS_AT_ONCE - 1)}`.execute(
        engine.kysely<unknown>(),
      );
      const last = rows[0]?.id;
      const upTo = last === undefined ? sql`` : sql`where id <= ${last}`;
      await fencedTransaction(engine, { fence, signal }, (db: Kysely<unknown>) =>
        sql`delete from ${sql.table(name)} ${upTo}`.execute(db),
      );
      if (last === undefined) break;
    }
  }
}

function selfReferences(model: TableModel | undefined): readonly string[] {
  return (model?.columns ?? []).flatMap(({ name, references }) =>
    references?.table === model?.name ? [name] : [],
  );
}

/** A file's rows, as one source for each of its tables, asked for in their order. */
class TableByTable {
  private readonly source: ReturnType<ExportFile['rows']>;
  private readonly options: LoadOptions;
  private next: Awaited<ReturnType<ReturnType<ExportFile['rows']>['next']>> | undefined;

  constructor(opened: ExportFile, skip: ReadonlySet<number>, options: LoadOptions) {
    this.source = opened.rows(skip);
    this.options = options;
  }

  async *rowsOf(table: number): AsyncGenerator<readonly Row[]> {
    this.next ??= await this.source.next();
    while (!this.next.done && this.next.value.table === table) {
      yield this.next.value.rows;
      streamedBy(this.next.value.rows);
      this.options.onLoaded?.(this.next.value.bytes);
      this.next = await this.source.next();
    }
  }

  /** The seal is known when all of the file has been read. */
  async toEnd(): Promise<void> {
    this.next ??= await this.source.next();
    while (!this.next.done) this.next = await this.source.next();
  }
}
