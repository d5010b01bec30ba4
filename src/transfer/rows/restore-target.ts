/** The table, or the column, that rows are restored to: where something else is by now, it is left alone. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { CatalogTable, Engine } from '../../engines/index.ts';
import type { Fence } from '../../leases/index.ts';
import { restoredRowDiffers } from '../failures.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { summedRow } from '../row-stream/pieces.ts';
import { type Row, RowCodec } from '../row-stream/values.ts';
import { insertRows, updateRow } from './insert-rows.ts';
import { selection, storedRow } from './stored-rows.ts';

export interface RestoredGroup {
  readonly restored: number;
  /** Existed already, as they were saved. */
  readonly present: number;
  /** Those that were left out. */
  readonly conflicts: readonly Conflict[];
}

export interface Conflict {
  /** As `id 12`. */
  readonly key: string;
  /** Why it was left out, as part of a sentence. */
  readonly reason: string;
}

export class RestoreTarget {
  private readonly engine: Engine;
  private readonly live: CatalogTable;
  private readonly table: RowStreamTable;
  /** The column whose values are restored; null for complete rows. */
  private readonly column: string | null;
  /** Keys of rows that were left out, by table. */
  private readonly left: Map<string, Set<string>>;
  private readonly codec: RowCodec;

  constructor(
    engine: Engine,
    live: CatalogTable,
    table: RowStreamTable,
    column: string | null,
    left: Map<string, Set<string>>,
  ) {
    this.engine = engine;
    this.live = live;
    this.table = table;
    this.column = column;
    this.left = left;
    this.codec = new RowCodec(table.columns);
  }

  /** In one transaction. @throws CONSTRAINT when the database refuses one of them; then none was restored */
  async restore(saved: readonly Row[], fence?: Fence): Promise<RestoredGroup> {
    const rows = await Promise.all(saved.map((row) => summedRow(this.table.columns, row)));
    const conflicts: { readonly row: Row; readonly reason: string }[] = [];
    const missing: Row[] = [];
    await this.engine
      .kysely<unknown>()
      .transaction()
      .execute(async (db) => {
        await fence?.hold(db);
        // A retry begins anew.
        conflicts.length = 0;
        missing.length = 0;
        const found = await this.read(db, rows, this.engine.capabilities.rowLocks ? sql`for update` : sql``);
        for (const row of rows) {
          const there = found.get(this.keyOf(row));
          if (there && this.isSame(there, row)) continue;
          const reason = this.obstacle(there, row);
          if (reason === undefined) missing.push(row);
          else conflicts.push({ row, reason });
        }
        if (missing.length === 0) return;
        if (this.column === null) await insertRows(this.engine, db, this.table, missing);
        else for (const row of missing) await updateRow(this.engine, db, this.table, [this.column], row);
        await this.requireSame(db, missing);
      });
    return {
      restored: missing.length,
      present: rows.length - missing.length - conflicts.length,
      conflicts: conflicts.map(({ row, reason }) => ({ key: this.leaveOut(row), reason })),
    };
  }

  private obstacle(there: Row | undefined, row: Row): string | undefined {
    if (!this.isFree(there)) {
      if (this.column === null) return 'another row has its key';
      return there ? 'the column has another value' : 'its row no longer exists';
    }
    return this.refersToLeftOut(row) ? 'it refers to a row that was left out' : undefined;
  }

  /** Remembers that a row was left out, so that what refers to it is left out too. @returns its key in words */
  leaveOut(row: Row): string {
    if (this.column === null) {
      const keys = this.left.get(this.table.name) ?? new Set();
      this.left.set(this.table.name, keys.add(this.keyOf(row)));
    }
    return this.describeKey(row);
  }

  private describeKey(row: Row): string {
    return this.table.key.map((name) => `${name} ${this.valueIn(row, name)}`).join(', ');
  }

  private isSame(a: Row, b: Row): boolean {
    return this.codec.digest(a) === this.codec.digest(b);
  }

  private isFree(there: Row | undefined): boolean {
    return this.column === null
      ? there === undefined
      : there !== undefined && this.isDefault(there, this.column);
  }

  /** A column that has just come back has the value that it gives to old rows. */
  private isDefault(row: Row, column: string): boolean {
    const value = this.valueIn(row, column);
    if (value === null || value === undefined) return true;
    const word = this.live.columns.find(({ name }) => name === column)?.default ?? null;
    // What it was when the column came back is not to be told from the outside.
    if (word === 'now' || word?.startsWith('expression:')) return true;
    return word === JSON.stringify(typeof value === 'bigint' ? Number(value) : value);
  }

  /** Another row may have the key of one that was left out: a reference to it would lead to a stranger. */
  private refersToLeftOut(row: Row): boolean {
    return this.live.foreignKeys.some(({ columns, table }) => {
      const values = columns.map((name) => this.valueIn(row, name));
      return (
        values.every((value) => value !== null && value !== undefined) &&
        this.left.get(table)?.has(JSON.stringify(values.map(String)))
      );
    });
  }

  /** @throws VERIFICATION_FAILED, which rolls the transaction back */
  private async requireSame(db: Kysely<unknown>, rows: readonly Row[]): Promise<void> {
    const found = await this.read(db, rows, sql``);
    const wrong = rows.find((row) => {
      const there = found.get(this.keyOf(row));
      return !there || !this.isSame(there, row);
    });
    if (wrong) throw restoredRowDiffers(this.table.name, this.leaveOut(wrong));
  }

  private async read(
    db: Kysely<unknown>,
    rows: readonly Row[],
    lock: RawBuilder<unknown>,
  ): Promise<Map<string, Row>> {
    const { key, name } = this.table;
    const single = key.length === 1;
    const keys = rows.map((row) => {
      const values = sql.join(key.map((column) => sql`${this.valueIn(row, column)}`));
      return single ? values : sql`(${values})`;
    });
    const own = sql.join(key.map((column) => sql.ref(column)));
    const { rows: found } = await sql<Record<string, unknown>>`
      select ${selection(this.engine, this.table)} from ${sql.table(name)}
      where ${single ? own : sql`(${own})`} in (${sql.join(keys)}) ${lock}`.execute(db);
    const byKey = new Map<string, Row>();
    for (const record of found) {
      const row = storedRow(this.engine, db, this.table, record, true);
      byKey.set(this.keyOf(row), await summedRow(this.table.columns, row));
    }
    return byKey;
  }

  private valueIn(row: Row, column: string): unknown {
    return row[this.table.columns.findIndex(({ name }) => name === column)];
  }

  private keyOf(row: Row): string {
    return JSON.stringify(this.table.key.map((name) => String(this.valueIn(row, name))));
  }
}
