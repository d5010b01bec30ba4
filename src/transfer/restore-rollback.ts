/** Puts back what a rollback destroyed, after the migrations went up again. Nothing that is there is overwritten. */
import { type Kysely, sql } from 'kysely';
import * as z from 'zod/mini';
import type { CatalogTable, Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { type KeptPart, ROLLBACK_BACKUP } from './rollback-backup.ts';
import { damaged } from './row-stream/failures.ts';
import type { RowStreamTable } from './row-stream/format.ts';
import { type Chunk, RowStreamReader } from './row-stream/reader.ts';
import { type Row, RowCodec, RowSum } from './row-stream/values.ts';

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
  /** Are there with other values, or (for a column) have no row any more; they were left as they are. */
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
    for (const table of reader.header.tables) requireTable(table, catalog.get(table.name), engine.where);
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
    const results = partsOf(reader).map((part, place) => new PartResult(part, plan.parts[place]?.rows ?? 0));
    const catalog = await engine.introspect();
    let done = 0;
    for await (const chunk of reader.chunks()) {
      const result = results[chunk.head.table];
      const live = catalog.find(({ name }) => name === chunk.table.name);
      if (!result || !live) throw damaged(plan.file, 'a chunk is of no table');
      for (let start = 0; start < chunk.rows.length; start += ROWS_AT_ONCE) {
        signal?.throwIfAborted();
        const rows = chunk.rows.slice(start, start + ROWS_AT_ONCE);
        result.add(
          await engine
            .kysely<unknown>()
            .transaction()
            .execute((db) => putBack(db, live, chunk, result.part, rows)),
        );
        done += rows.length;
        onProgress?.(done);
      }
    }
    for (const { part, restored } of results)
      if (part.column === null && restored > 0) await engine.catchUpIdentity(part.table);
    return results.map((result) => result.report());
  });
}

interface PutBack {
  readonly restored: number;
  readonly present: number;
  readonly conflicts: readonly string[];
}

class PartResult {
  readonly part: KeptPart;
  restored = 0;
  private readonly rows: number;
  private present = 0;
  private conflicts = 0;
  private readonly conflictKeys: string[] = [];

  constructor(part: KeptPart, rows: number) {
    this.part = part;
    this.rows = rows;
  }

  add({ restored, present, conflicts }: PutBack): void {
    this.restored += restored;
    this.present += present;
    this.conflicts += conflicts.length;
    this.conflictKeys.push(...conflicts.slice(0, CONFLICTS_NAMED - this.conflictKeys.length));
  }

  report(): RestoredPart {
    const { part, rows, restored, present, conflicts, conflictKeys } = this;
    return { ...part, rows, restored, present, conflicts, conflictKeys };
  }
}

async function putBack(
  db: Kysely<unknown>,
  live: CatalogTable,
  { table }: Chunk,
  { column }: KeptPart,
  rows: readonly Row[],
): Promise<PutBack> {
  const codec = new RowCodec(table.columns);
  const found = await readByKey(db, table, rows);
  const missing: Row[] = [];
  const conflicts: string[] = [];
  const wanted = new RowSum();
  let present = 0;
  for (const row of rows) {
    const there = found.get(keyOf(table, row));
    const same = there !== undefined && codec.digest(there) === codec.digest(row);
    // A column that has just come back has the value that it gives to old rows.
    const untouched =
      column !== null && there !== undefined && isDefault(live, column, valueIn(table, there, column));
    const free = column === null ? there === undefined : untouched;
    if (same) present++;
    else if (free) missing.push(row);
    else conflicts.push(keyWords(table, row));
    if (same || free) wanted.add(codec.digest(row));
  }
  if (missing.length > 0) {
    if (column === null) await insert(db, table, missing);
    else for (const row of missing) await update(db, table, column, row);
    await requireSame(db, table, rows, conflicts.length, wanted, codec);
  }
  return { restored: missing.length, present, conflicts };
}

/** @throws VERIFICATION_FAILED, which takes the transaction back */
async function requireSame(
  db: Kysely<unknown>,
  table: RowStreamTable,
  rows: readonly Row[],
  conflicts: number,
  wanted: RowSum,
  codec: RowCodec,
): Promise<void> {
  const byKey = await readByKey(db, table, rows);
  const now = new RowSum();
  for (const row of rows) {
    const there = byKey.get(keyOf(table, row));
    const same = there !== undefined && codec.digest(there) === codec.digest(row);
    if (same && there) now.add(codec.digest(there));
  }
  if (now.digest === wanted.digest && now.rows === wanted.rows && rows.length === now.rows + conflicts)
    return;
  throw new MultiFlexiError(
    'VERIFICATION_FAILED',
    `Rows of ${table.name} that were put back are not as they were saved; these were taken back again.`,
    {
      next: 'Look for a trigger or a changed column on that table (multiflexi-cli db:verify), then run the command again.',
    },
  );
}

async function readByKey(
  db: Kysely<unknown>,
  table: RowStreamTable,
  rows: readonly Row[],
): Promise<Map<string, Row>> {
  const names = table.columns.map(({ name }) => name);
  const key = sql.join(table.key.map((name) => sql.ref(name)));
  const keys = sql.join(
    rows.map((row) => {
      const values = sql.join(table.key.map((name) => sql`${valueIn(table, row, name)}`));
      return table.key.length === 1 ? values : sql`(${values})`;
    }),
  );
  const { rows: found } = await sql<Record<string, unknown>>`
    select ${sql.join(names.map((name) => sql.ref(name)))} from ${sql.table(table.name)}
    where ${table.key.length === 1 ? key : sql`(${key})`} in (${keys})`.execute(db);
  return new Map(
    found.map((record) => {
      const row = names.map((name) => record[name]);
      return [keyOf(table, row), row];
    }),
  );
}

async function insert(db: Kysely<unknown>, table: RowStreamTable, rows: readonly Row[]): Promise<void> {
  const columns = sql.join(table.columns.map(({ name }) => sql.ref(name)));
  const values = sql.join(rows.map((row) => sql`(${sql.join(row.map((value) => sql`${value}`))})`));
  await sql`insert into ${sql.table(table.name)} (${columns}) values ${values}`.execute(db);
}

async function update(db: Kysely<unknown>, table: RowStreamTable, column: string, row: Row): Promise<void> {
  const key = sql.join(
    table.key.map((name) => sql`${sql.ref(name)} = ${valueIn(table, row, name)}`),
    sql` and `,
  );
  await sql`update ${sql.table(table.name)} set ${sql.ref(column)} = ${valueIn(table, row, column)} where ${key}`.execute(
    db,
  );
}

function valueIn(table: RowStreamTable, row: Row, column: string): unknown {
  return row[table.columns.findIndex(({ name }) => name === column)];
}

function keyOf(table: RowStreamTable, row: Row): string {
  return JSON.stringify(table.key.map((name) => String(valueIn(table, row, name))));
}

function keyWords(table: RowStreamTable, row: Row): string {
  return table.key.map((name) => `${name} ${valueIn(table, row, name)}`).join(', ');
}

function isDefault(live: CatalogTable, column: string, value: unknown): boolean {
  if (value === null || value === undefined) return true;
  const word = live.columns.find(({ name }) => name === column)?.default;
  return word === JSON.stringify(typeof value === 'bigint' ? Number(value) : value);
}

function partsOf(reader: RowStreamReader): readonly KeptPart[] {
  const details = DETAILS.safeParse(reader.header.details);
  if (reader.header.purpose !== ROLLBACK_BACKUP || !details.success) {
    throw new MultiFlexiError(
      'FILE_DAMAGED',
      `The file ${reader.file} is not one that a rollback has saved.`,
      {
        next: `It was made for: ${reader.header.purpose}. Name the file that db:rollback wrote.`,
      },
    );
  }
  if (details.data.parts.length !== reader.header.tables.length)
    throw damaged(reader.file, 'its header contradicts itself');
  return details.data.parts;
}

/** @throws NOT_MIGRATED */
function requireTable(saved: RowStreamTable, live: CatalogTable | undefined, where: string): void {
  const lacking = saved.columns.find(
    ({ name, type }) => !live?.columns.some((column) => column.name === name && column.type === type),
  );
  if (live && !lacking) return;
  const what = live
    ? `column ${saved.name}.${lacking?.name} of type ${lacking?.type}`
    : `table ${saved.name}`;
  throw new MultiFlexiError('NOT_MIGRATED', `The file has rows for the ${what}, which is not in ${where}.`, {
    next: 'Run multiflexi-cli db:migrate first, so that what was rolled back is there again; nothing was done.',
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
