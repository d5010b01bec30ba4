/** Puts rows of one table, or values of one column, back where nothing else is. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { CatalogTable, Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import type { RowStreamTable } from './row-stream/format.ts';
import { type Row, RowCodec } from './row-stream/values.ts';

/** Well below what servers take, whatever is in it. */
const STATEMENT_BYTES = 1024 * 1024;

/** Bytes are written as twice as many digits, and a text may have to be escaped throughout. */
function writtenBytes(row: Row): number {
  let bytes = 64;
  for (const value of row) {
    if (Buffer.isBuffer(value)) bytes += value.length * 2 + 8;
    else bytes += typeof value === 'string' ? Buffer.byteLength(value) * 2 + 8 : 24;
  }
  return bytes;
}

export interface PutBackRows {
  readonly restored: number;
  /** Were there already, as they were saved. */
  readonly present: number;
  /** Keys of those that were left out. */
  readonly conflicts: readonly string[];
}

export class PutBack {
  private readonly engine: Engine;
  private readonly live: CatalogTable;
  private readonly table: RowStreamTable;
  /** The column whose values are put back; null for whole rows. */
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

  /** In one transaction. @throws CONSTRAINT when the database refuses one of them; then none was put back */
  async rows(rows: readonly Row[]): Promise<PutBackRows> {
    const conflicts: Row[] = [];
    const missing: Row[] = [];
    await this.engine
      .kysely<unknown>()
      .transaction()
      .execute(async (db) => {
        // A second try begins anew.
        conflicts.length = 0;
        missing.length = 0;
        const found = await this.read(db, rows, this.engine.capabilities.rowLocks ? sql`for update` : sql``);
        for (const row of rows) {
          const there = found.get(this.keyOf(row));
          if (there && this.isSame(there, row)) continue;
          (this.isFree(there) && !this.refersToLeftOut(row) ? missing : conflicts).push(row);
        }
        if (missing.length === 0) return;
        if (this.column === null) await this.insert(db, missing);
        else for (const row of missing) await this.update(db, this.column, row);
        await this.requireSame(db, missing);
      });
    return {
      restored: missing.length,
      present: rows.length - missing.length - conflicts.length,
      conflicts: conflicts.map((row) => this.leaveOut(row)),
    };
  }

  /** Remembers that a row was left out, so that what refers to it is left out too. @returns its key in words */
  leaveOut(row: Row): string {
    if (this.column === null) {
      const keys = this.left.get(this.table.name) ?? new Set();
      this.left.set(this.table.name, keys.add(this.keyOf(row)));
    }
    return this.keyWords(row);
  }

  private keyWords(row: Row): string {
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

  /** @throws VERIFICATION_FAILED, which takes the transaction back */
  private async requireSame(db: Kysely<unknown>, rows: readonly Row[]): Promise<void> {
    const found = await this.read(db, rows, sql``);
    const wrong = rows.find((row) => {
      const there = found.get(this.keyOf(row));
      return !there || !this.isSame(there, row);
    });
    if (!wrong) return;
    throw new MultiFlexiError(
      'VERIFICATION_FAILED',
      `A row of ${this.table.name} that was put back is not as it was saved (${this.leaveOut(wrong)}); it was taken back again.`,
      {
        next: 'Look for a trigger or a changed column on that table (multiflexi-cli db:verify), then run the command again.',
      },
    );
  }

  private async read(
    db: Kysely<unknown>,
    rows: readonly Row[],
    lock: RawBuilder<unknown>,
  ): Promise<Map<string, Row>> {
    const { key, name, columns } = this.table;
    const single = key.length === 1;
    const keys = rows.map((row) => {
      const values = sql.join(key.map((column) => sql`${this.valueIn(row, column)}`));
      return single ? values : sql`(${values})`;
    });
    const own = sql.join(key.map((column) => sql.ref(column)));
    const { rows: found } = await sql<Record<string, unknown>>`
      select ${sql.join(columns.map((column) => sql.ref(column.name)))} from ${sql.table(name)}
      where ${single ? own : sql`(${own})`} in (${sql.join(keys)}) ${lock}`.execute(db);
    return new Map(
      found.map((record) => {
        const row = columns.map((column) => record[column.name]);
        return [this.keyOf(row), row];
      }),
    );
  }

  private async insert(db: Kysely<unknown>, rows: readonly Row[]): Promise<void> {
    const columns = sql.join(this.table.columns.map(({ name }) => sql.ref(name)));
    for (const some of await this.statements(rows)) {
      const values = sql.join(some.map((row) => sql`(${sql.join(row.map((value) => sql`${value}`))})`));
      await sql`insert into ${sql.table(this.table.name)} (${columns}) values ${values}`.execute(db);
    }
  }

  /** As many rows a statement as are small together; a larger one goes alone. @throws TOO_LARGE */
  private async statements(rows: readonly Row[]): Promise<Row[][]> {
    const groups: Row[][] = [];
    let bytes = 0;
    for (const row of rows) {
      const more = writtenBytes(row);
      if (more > STATEMENT_BYTES) await this.requireFits(row, more);
      const current = groups.at(-1);
      if (current && bytes + more <= STATEMENT_BYTES) current.push(row);
      else {
        groups.push([row]);
        bytes = 0;
      }
      bytes += more;
    }
    return groups;
  }

  private async requireFits(row: Row, bytes: number): Promise<void> {
    const largest = await this.engine.largestStatement();
    if (largest === null || bytes < largest) return;
    throw new MultiFlexiError(
      'TOO_LARGE',
      `The row of ${this.table.name} with ${this.keyWords(row)} takes a statement of ${bytes} bytes, and ${this.engine.where} takes none of more than ${largest}.`,
      {
        next: `Raise its limit (SET GLOBAL max_allowed_packet = ${2 ** Math.ceil(Math.log2(bytes + 1024))}), and run the same command again; it goes on where it stopped.`,
      },
    );
  }

  private async update(db: Kysely<unknown>, column: string, row: Row): Promise<void> {
    const key = sql.join(
      this.table.key.map((name) => sql`${sql.ref(name)} = ${this.valueIn(row, name)}`),
      sql` and `,
    );
    const value = this.valueIn(row, column);
    const bytes = writtenBytes([value]);
    if (bytes > STATEMENT_BYTES) await this.requireFits(row, bytes);
    await sql`update ${sql.table(this.table.name)} set ${sql.ref(column)} = ${value} where ${key}`.execute(
      db,
    );
  }

  private valueIn(row: Row, column: string): unknown {
    return row[this.table.columns.findIndex(({ name }) => name === column)];
  }

  private keyOf(row: Row): string {
    return JSON.stringify(this.table.key.map((name) => String(this.valueIn(row, name))));
  }
}
