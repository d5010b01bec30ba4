/** Puts back what a change of the schema destroyed, after its table or column is there again. Nothing that is there is overwritten. */
import * as z from 'zod/mini';
import { type CatalogTable, type Engine, patiently } from '../engines/index.ts';
import { isMultiFlexiError, MultiFlexiError } from '../errors.ts';
import { PutBack } from './put-back.ts';
import { type KeptPart, ROLLBACK_BACKUP } from './rollback-backup.ts';
import { damaged } from './row-stream/failures.ts';
import type { RowStreamTable } from './row-stream/format.ts';
import { RowStreamReader } from './row-stream/reader.ts';
import type { Row } from './row-stream/values.ts';

/** Rows of one transaction; few enough for the parameters of a statement on every engine, whatever their columns. */
const ROWS_AT_ONCE = 200;
/** Keys of conflicts that are named; the others are counted. */
const CONFLICTS_NAMED = 10;

export interface RestorePlan {
  readonly file: string;
  readonly created: string;
  readonly program: string;
  readonly source: { readonly product: string; readonly where: string };
  /** In the order in which they are put back. */
  readonly parts: readonly (KeptPart & { readonly rows: number })[];
}

export interface RestoredPart extends KeptPart {
  readonly rows: number;
  readonly restored: number;
  /** Were there already, as they were saved. */
  readonly present: number;
  /**
   * Were left out: something else has their key or another unique value, what they refer to is not there or is
   * another row now, or (for a column) their row is gone or has a value of its own.
   */
  readonly conflicts: number;
  /** Keys of the first of them, as `id 12`. */
  readonly conflictKeys: readonly string[];
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
    const first = await pass(engine, reader, plan, catalog, { signal, onProgress });
    // A row can refer to a later one of its own table: what was left out for that is in place the next time.
    for (let last = first; refersToItself(last, catalog); ) {
      const next = await pass(engine, reader, plan, catalog, { signal });
      for (const [place, part] of first.entries()) part.takeOver(next[place]);
      if (next.every(({ restored }) => restored === 0)) break;
      last = next;
    }
    return first.map((result) => result.report());
  });
}

async function pass(
  engine: Engine,
  reader: RowStreamReader,
  plan: RestorePlan,
  catalog: readonly CatalogTable[],
  { signal, onProgress }: RestoreOptions,
): Promise<PartResult[]> {
  const parts = partsOf(reader);
  /** Keys of rows that were left out, by table: what refers to them is left out as well. */
  const left = new Map<string, Set<string>>();
  const results = reader.header.tables.map((table, place) => {
    const live = catalog.find(({ name }) => name === table.name);
    const part = parts[place];
    if (!live || !part) throw damaged(plan.file, 'its header contradicts itself');
    return new PartResult(
      new PutBack(engine, live, table, part.column, left),
      part,
      plan.parts[place]?.rows ?? 0,
    );
  });
  let done = 0;
  for await (const chunk of reader.chunks()) {
    const result = results[chunk.head.table];
    if (!result) throw damaged(plan.file, 'a chunk is of no table');
    try {
      for (let start = 0; start < chunk.rows.length; start += ROWS_AT_ONCE) {
        signal?.throwIfAborted();
        const rows = chunk.rows.slice(start, start + ROWS_AT_ONCE);
        await result.restore(rows, signal);
        done += rows.length;
        onProgress?.(done);
      }
    } finally {
      // Whatever comes next, the platform's own inserts must not meet the ids that were put back.
      if (result.part.column === null) await engine.catchUpIdentity(result.part.table);
    }
  }
  return results;
}

function refersToItself(results: readonly PartResult[], catalog: readonly CatalogTable[]): boolean {
  return results.some(
    ({ part, restored, conflicts }) =>
      restored > 0 &&
      conflicts > 0 &&
      catalog.find(({ name }) => name === part.table)?.foreignKeys.some(({ table }) => table === part.table),
  );
}

class PartResult {
  readonly part: KeptPart;
  private readonly putBack: PutBack;
  private readonly rows: number;
  restored = 0;
  conflicts = 0;
  private present = 0;
  private conflictKeys: string[] = [];

  constructor(putBack: PutBack, part: KeptPart, rows: number) {
    this.putBack = putBack;
    this.part = part;
    this.rows = rows;
  }

  /** Rows that the database refuses together are tried one by one, so that one of them does not keep the others out. */
  async restore(rows: readonly Row[], signal: AbortSignal | undefined): Promise<void> {
    try {
      const done = await patiently(() => this.putBack.rows(rows), { signals: [signal], onWait: () => {} });
      this.restored += done.restored;
      this.present += done.present;
      this.note(done.conflicts);
    } catch (error) {
      if (!isMultiFlexiError(error, 'CONSTRAINT')) throw error;
      const [only, ...others] = rows;
      if (only && others.length === 0) this.note([this.putBack.leaveOut(only)]);
      else for (const row of rows) await this.restore([row], signal);
    }
  }

  /** What another pass over the same rows has found. */
  takeOver(later: PartResult | undefined): void {
    if (!later) return;
    this.restored += later.restored;
    this.conflicts = later.conflicts;
    this.conflictKeys = later.conflictKeys;
  }

  report(): RestoredPart {
    const { part, rows, restored, present, conflicts, conflictKeys } = this;
    return { ...part, rows, restored, present, conflicts, conflictKeys };
  }

  private note(conflicts: readonly string[]): void {
    this.conflicts += conflicts.length;
    this.conflictKeys.push(...conflicts.slice(0, CONFLICTS_NAMED - this.conflictKeys.length));
  }
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

/** @throws NOT_MIGRATED */
function requireTable(
  { name, key, columns }: RowStreamTable,
  part: string | null,
  live: CatalogTable | undefined,
  where: string,
): void {
  const saved = new Map(columns.map((column) => [column.name, column.type]));
  const lacking = columns.find(
    (column) => !live?.columns.some((other) => other.name === column.name && other.type === column.type),
  );
  const unfilled = live?.columns.find(
    (column) => part === null && !column.nullable && column.default === null && !saved.has(column.name),
  );
  const why =
    live === undefined
      ? `has rows of the table ${name}, which is not in ${where}`
      : lacking
        ? `has values of the column ${name}.${lacking.name} of type ${lacking.type}, which is not in ${where}`
        : live.primaryKey.join() !== key.join()
          ? `has rows of ${name} by the key (${key.join(', ')}), and in ${where} its key is (${live.primaryKey.join(', ')})`
          : unfilled && `has no values for the column ${name}.${unfilled.name}, which needs one in ${where}`;
  if (why === undefined) return;
  throw new MultiFlexiError('NOT_MIGRATED', `The file ${why}.`, {
    next: 'Bring the schema to where it was when the file was saved (multiflexi-cli db:migrate, or db:rollback -t VERSION); nothing was done.',
  });
}

async function withReader<T>(file: string, work: (reader: RowStreamReader) => Promise<T>): Promise<T> {
  const reader = await RowStreamReader.open(file);
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}
