/**
 * What a change of the schema will destroy, saved to a file before anything is done, and held against the database
 * again, under a lock, at the moment of each destruction: what is gone is what the file has.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Kysely } from 'kysely';
import type { CatalogTable, Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import { fileFailure } from '../file-failure.ts';
import type { Destruction, DestructionCheck, MigrationPlan } from '../migrations/index.ts';
import { makePrivateDirectory } from '../private-directory.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import { requireFaithful } from './faithful.ts';
import { readRows } from './read-rows.ts';
import { FORMAT, FORMAT_VERSION, type RowStreamHeader, type RowStreamTable } from './row-stream/format.ts';
import { type Row, RowCodec, RowSum } from './row-stream/values.ts';
import { RowStreamWriter } from './row-stream/writer.ts';
import { requireSavable, streamTableOf } from './stream-table.ts';

export const ROLLBACK_BACKUP = 'rollback';

/** What the header of such a file says of each of its tables, in their order: the whole table, or one column of it. */
export interface KeptPart {
  readonly table: string;
  readonly column: string | null;
}

export interface RollbackBackup {
  /** Null when nothing is there to be lost. */
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
  const catalog = new Map((await engine.introspect()).map((table) => [table.name, table]));
  const moments = new Moments(engine, plan, catalog);
  for (const table of moments.tables()) await engine.requireLockRight(table);
  const check: DestructionCheck = (db, destroyed) => moments.check(db, destroyed);
  if (plan.losses.length === 0) return { file: null, rows: 0, check };
  requireRoom(
    file,
    plan.losses.reduce((sum, loss) => sum + loss.bytes, 0),
  );
  const parts = parentsFirst(plan.losses, catalog);
  const tables = parts.map((part) => streamTable(part, catalog));
  const writer = await RowStreamWriter.create(file, header(engine, plan, parts, tables));
  let rows = 0;
  try {
    await snapshot(engine, async (db) => {
      for (const [place, table] of tables.entries()) {
        const notNull = onlyValues(parts[place], catalog);
        for await (const page of readRows(engine, db, table, { notNull, signal })) {
          await requireFaithful(engine, db, table, page);
          await writer.write(place, page);
          for (const row of page) moments.add(table, row);
          rows += page.length;
          onProgress?.(rows);
        }
      }
    });
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  return { file, rows, check };
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

/** A table may lose columns before it goes itself, so every destruction has a sum of its own; all are taken in one reading. */
class Moments {
  private readonly engine: Engine;
  private readonly moments: Moment[] = [];

  constructor(engine: Engine, plan: MigrationPlan, catalog: ReadonlyMap<string, CatalogTable>) {
    this.engine = engine;
    const gone = new Map<string, Set<string>>();
    const rewritten = new Set<string>();
    for (const { steps, done } of plan.migrations) {
      for (const { destroys, changesRows, impact } of steps.slice(done)) {
        if (changesRows !== undefined)
          for (const table of [impact.table, ...changesRows]) rewritten.add(table);
        // What the steps themselves have changed by then was saved as it was before all of them.
        if (destroys && rewritten.has(destroys.table)) continue;
        const found = destroys && catalog.get(destroys.table);
        if (!destroys || !found) continue;
        const before = gone.get(destroys.table) ?? new Set();
        gone.set(destroys.table, before);
        this.addMoment(found, destroys.column, before);
        if (destroys.column !== undefined) before.add(destroys.column);
      }
    }
  }

  private addMoment(found: CatalogTable, column: string | undefined, gone: ReadonlySet<string>): void {
    const whole = streamTableOf(found);
    requireSavable(whole);
    const wanted = whole.columns.filter(({ name }) =>
      column === undefined ? !gone.has(name) : whole.key.includes(name) || name === column,
    );
    this.moments.push({
      table: { ...whole, columns: wanted },
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
      for (const row of page) now.add(moment.codec.digest(row));
    if (now.rows === moment.sum.rows && now.digest === moment.sum.digest) return;
    const what = moment.column === undefined ? 'table' : `column ${moment.column} of`;
    throw new MultiFlexiError(
      'CHANGED_MEANWHILE',
      `The ${what} ${destroyed.table} was written to after it was saved, so it was not destroyed`,
      { next: 'Stop whatever writes to it, and run the command again; it saves it anew.' },
    );
  }
}

function header(
  engine: Engine,
  plan: MigrationPlan,
  parts: readonly KeptPart[],
  tables: readonly RowStreamTable[],
): RowStreamHeader {
  return {
    part: 'header',
    format: FORMAT,
    version: FORMAT_VERSION,
    purpose: ROLLBACK_BACKUP,
    created: new Date().toISOString(),
    program: PROGRAM_VERSION,
    source: { product: engine.product, where: engine.where },
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
  const whole = streamTableOf(found);
  const columns = whole.columns.filter(
    ({ name }) => column === null || name === column || whole.key.includes(name),
  );
  return { ...whole, columns };
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
function parentsFirst(losses: readonly KeptPart[], catalog: ReadonlyMap<string, CatalogTable>): KeptPart[] {
  const ordered: KeptPart[] = [];
  const begun = new Set<KeptPart>();
  const visit = (part: KeptPart): void => {
    if (begun.has(part)) return;
    begun.add(part);
    const parents = catalog.get(part.table)?.foreignKeys.map(({ table }) => table) ?? [];
    for (const parent of losses)
      if (parent.column === null && parent !== part && parents.includes(parent.table)) visit(parent);
    ordered.push(part);
  };
  const whole = losses.filter(({ column }) => column === null);
  for (const part of [...whole, ...losses.filter(({ column }) => column !== null)]) visit(part);
  return ordered;
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
