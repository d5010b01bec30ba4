/**
 * What a change of the schema will destroy, saved to a file before anything is done, and held against the database
 * again, under a lock, at the moment of each destruction: what was destroyed is what the file has.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Kysely } from 'kysely';
import type { CatalogTable, Engine } from '../../engines/index.ts';
import type { Destruction, DestructionCheck, MigrationPlan } from '../../migrations/index.ts';
import { findInstallation, parentsFirst } from '../../schema/index.ts';
import { fileFailure, makePrivateDirectory, PROGRAM_VERSION } from '../../system/index.ts';
import { writtenMeanwhile } from '../failures.ts';
import {
  FORMAT,
  FORMAT_VERSION,
  PIECED_VERSION,
  type RowStreamHeader,
  type RowStreamTable,
  type Source,
} from '../row-stream/format.ts';
import { summedRow } from '../row-stream/pieces.ts';
import { type Row, RowCodec, RowSum } from '../row-stream/values.ts';
import { RowStreamWriter } from '../row-stream/writer.ts';
import { requireFaithful } from '../rows/faithful.ts';
import { hasLargeValues, readRows } from '../rows/read-rows.ts';
import { Restorable } from '../rows/restorable.ts';
import { requireSavable, streamTableOf, writableTables } from '../rows/stream-table.ts';
import { writeRow } from '../rows/write-rows.ts';
import { sourceOf } from '../source.ts';

export const ROLLBACK_BACKUP = 'rollback';

/** What the header of such a file says of each of its tables, in their order: the table, or one column of it. */
export interface KeptPart {
  readonly table: string;
  readonly column: string | null;
}

export interface RollbackBackup {
  /** Null when there is nothing to lose. */
  readonly file: string | null;
  readonly rows: number;
  /** To be asked before each step that destroys. */
  readonly check: DestructionCheck;
}

export interface BackupOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/**
 * Reads one snapshot of the database, so that the file is of one moment.
 * @throws FILE_FAILED, CANNOT_BE_SAVED for a column of a type that is of no migration
 */
export async function backUpLosses(
  engine: Engine,
  plan: MigrationPlan,
  file: string,
  { signal, onProgress }: BackupOptions = {},
): Promise<RollbackBackup> {
  const catalog = await writableTables(engine);
  const moments = new Moments(engine, plan, catalog);
  for (const table of moments.tables()) await engine.requireLockRight(table);
  const check: DestructionCheck = (db, destroyed) => moments.check(db, destroyed);
  if (plan.losses.length === 0) return { file: null, rows: 0, check };
  requireRoom(
    file,
    plan.losses.reduce((sum, loss) => sum + loss.bytes, 0),
  );
  const parts = inOrder(plan.losses, catalog);
  const tables = parts.map((part) => streamTable(part, catalog));
  const source = sourceOf(engine, await findInstallation(engine));
  let writer: RowStreamWriter | undefined;
  let rows = 0;
  try {
    await snapshot(engine, async (db) => {
      const pieced = await anyLarge(engine, db, tables);
      writer = await RowStreamWriter.create(file, header(source, plan, parts, tables, pieced));
      for (const [place, table] of tables.entries()) {
        const notNull = onlyValues(parts[place], catalog);
        const restorable = new Restorable(engine, table);
        for await (const page of readRows(engine, db, table, { notNull, signal })) {
          await requireFaithful(engine, db, table, page);
          for (const row of page) moments.add(table, await writeRow(writer, restorable, place, row));
          rows += page.length;
          onProgress?.(rows);
        }
      }
    });
    await writer?.finish();
  } catch (error) {
    await writer?.abandon();
    throw error;
  }
  return { file, rows, check };
}

async function anyLarge(
  engine: Engine,
  db: Kysely<unknown>,
  tables: readonly RowStreamTable[],
): Promise<boolean> {
  for (const table of tables) if (await hasLargeValues(engine, db, table)) return true;
  return false;
}

/** A read-only transaction whose reads are all of one moment. */
function snapshot(engine: Engine, read: (db: Kysely<unknown>) => Promise<void>): Promise<void> {
  return engine
    .kysely<unknown>()
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(read);
}

/** A table as it will be when a step destroys it or a column of it, and the sum of the rows that it should have. */
interface Moment {
  readonly table: RowStreamTable;
  readonly column: string | undefined;
  readonly codec: RowCodec;
  readonly sum: RowSum;
}

/** A table may lose columns before it is dropped itself, so every destruction has a sum of its own; all are taken in one reading. */
class Moments {
  private readonly engine: Engine;
  private readonly moments: Moment[] = [];

  constructor(engine: Engine, plan: MigrationPlan, catalog: ReadonlyMap<string, CatalogTable>) {
    this.engine = engine;
    const dropped = new Map<string, Set<string>>();
    const rewritten = new Set<string>();
    for (const { steps, done } of plan.migrations) {
      for (const { destroys, changesRows, impact } of steps.slice(done)) {
        if (changesRows !== undefined)
          for (const table of [impact.table, ...changesRows]) rewritten.add(table);
        // What the steps themselves have changed by then was saved as it was before all of them.
        if (destroys && rewritten.has(destroys.table)) continue;
        const found = destroys && catalog.get(destroys.table);
        if (!destroys || !found) continue;
        const before = dropped.get(destroys.table) ?? new Set();
        dropped.set(destroys.table, before);
        this.addMoment(found, destroys.column, before);
        if (destroys.column !== undefined) before.add(destroys.column);
      }
    }
  }

  private addMoment(found: CatalogTable, column: string | undefined, dropped: ReadonlySet<string>): void {
    const complete = streamTableOf(found);
    requireSavable(complete);
    const wanted = complete.columns.filter(({ name }) =>
      column === undefined ? !dropped.has(name) : complete.key.includes(name) || name === column,
    );
    this.moments.push({
      table: { ...complete, columns: wanted },
      column,
      codec: new RowCodec(wanted),
      sum: new RowSum(),
    });
  }

  tables(): Set<string> {
    return new Set(this.moments.map(({ table }) => table.name));
  }

  /** A row as it was saved: with all columns of its table, or with the key and one column. */
  add(saved: RowStreamTable, row: Row): void {
    for (const { table, column, codec, sum } of this.moments) {
      if (table.name !== saved.name) continue;
      const places = table.columns.map(({ name }) => saved.columns.findIndex((other) => other.name === name));
      if (places.includes(-1)) continue;
      const part = places.map((place) => row[place]);
      const lost =
        column === undefined || part[table.columns.findIndex(({ name }) => name === column)] !== null;
      if (lost) sum.add(codec.digest(part));
    }
  }

  /** @throws CHANGED_MEANWHILE */
  async check(db: Kysely<unknown>, destroyed: Destruction): Promise<void> {
    const moment = this.moments.find(
      ({ table, column }) => table.name === destroyed.table && column === destroyed.column,
    );
    if (!moment) return;
    const now = new RowSum();
    for await (const page of readRows(this.engine, db, moment.table, { notNull: moment.column }))
      for (const row of page) now.add(moment.codec.digest(await summedRow(moment.table.columns, row)));
    if (now.rows === moment.sum.rows && now.digest === moment.sum.digest) return;
    throw writtenMeanwhile(destroyed.table, moment.column);
  }
}

function header(
  source: Source,
  plan: MigrationPlan,
  parts: readonly KeptPart[],
  tables: readonly RowStreamTable[],
  pieced: boolean,
): RowStreamHeader {
  return {
    part: 'header',
    format: FORMAT,
    version: pieced ? PIECED_VERSION : FORMAT_VERSION,
    purpose: ROLLBACK_BACKUP,
    created: new Date().toISOString(),
    program: PROGRAM_VERSION,
    source,
    tables: [...tables],
    details: {
      parts: parts.map(({ table, column }) => ({ table, column })),
      migrations: plan.migrations.map(({ version, name }) => ({ version, name })),
    },
  };
}

function streamTable(
  { table, column }: KeptPart,
  catalog: ReadonlyMap<string, CatalogTable>,
): RowStreamTable {
  const found = catalog.get(table);
  if (!found) throw new Error(`there is no table ${table}`);
  const complete = streamTableOf(found);
  const columns = complete.columns.filter(
    ({ name }) => column === null || name === column || complete.key.includes(name),
  );
  return { ...complete, columns };
}

/** A column that has a default comes back with it: then its NULLs have to be saved as well. */
function onlyValues(
  part: KeptPart | undefined,
  catalog: ReadonlyMap<string, CatalogTable>,
): string | undefined {
  if (!part || part.column === null) return undefined;
  const column = catalog.get(part.table)?.columns.find(({ name }) => name === part.column);
  return column?.default === null ? column.name : undefined;
}

/** Tables after those that they refer to, then columns: the order in which they can be put back. */
function inOrder(losses: readonly KeptPart[], catalog: ReadonlyMap<string, CatalogTable>): KeptPart[] {
  const tables = parentsFirst(
    losses.filter(({ column }) => column === null),
    ({ table }) => table,
    ({ table }) => catalog.get(table)?.foreignKeys.map((key) => key.table) ?? [],
  );
  return [...tables, ...losses.filter(({ column }) => column !== null)];
}

/** @throws FILE_FAILED where the directory cannot be made or its disk is too full for the values as they are */
function requireRoom(file: string, bytes: number): void {
  const directory = dirname(file);
  try {
    makePrivateDirectory(directory);
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize < bytes)
      throw new Error(`the disk has ${bavail * bsize} bytes free, and ${bytes} are to be saved`);
  } catch (error) {
    throw fileFailure(file, error);
  }
}
