/**
 * Saves rows to an archive before they are deleted. The batch of a transaction is on the disk before the transaction
 * commits, and is taken back when the transaction is: a row is always in one place at least, and in two only between those
 * moments, which settling clears up. It reaches the disk while the transaction deletes, so that neither waits for the other.
 */
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Engine, RowCopies } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { fileFailure, presence } from '../../system/index.ts';
import {
  isPieced,
  type Restorable,
  type RowStreamHeader,
  type RowStreamTable,
  RowStreamWriter,
  rehearseRow,
  requireFaithful,
  type StreamKey,
} from '../../transfer/index.ts';
import { partialName, partName } from './directory.ts';
import { readAhead } from './read-ahead.ts';
import { type Page, requireSizes, rowsAmong, type Wanted } from './rows.ts';
import { Summary } from './summary.ts';
import { ARCHIVED, type ArchivedTable } from './tables.ts';
import { rehearseLines, writePage } from './write-page.ts';

/** A part that is larger is ended, so that none takes long to check or to copy. */
const PART_BYTES = 64 * 1024 * 1024;

export interface WantedRows extends Wanted {
  readonly table: ArchivedTable;
  /** Of jobs: whose they are, and when they were created. */
  readonly jobs?: readonly { readonly company_id: bigint; readonly at: string }[];
}

/** The archive that a part is of. */
export interface PartOwner {
  /** In the order of {@link ARCHIVED}. */
  readonly tables: readonly RowStreamTable[];
  /** In the same order. */
  readonly restorable: readonly Restorable[];
  readonly key: StreamKey | undefined;
  /** The most that the values of one row may take, in bytes. */
  readonly largestRow: number;
  /** Its directory, made when the first rows are saved. @throws FILE_FAILED */
  path(): Promise<string>;
  nextPart(): number;
  /** @param pieced whether the part takes large values */
  header(pieced: boolean): RowStreamHeader;
}

interface Part {
  readonly writer: RowStreamWriter;
  readonly summary: Summary;
}

interface TablePage extends Page {
  readonly table: ArchivedTable;
  readonly place: number;
  readonly restorable: Restorable;
}

/** Each worker of a purge has one: its batches follow each other, so that only the last one can be in doubt. */
export class PartWriter {
  private readonly engine: Engine;
  private readonly archive: PartOwner;
  private part: Part | undefined;
  private batch = new Summary();
  private begun = false;
  /** The batch on its way to the disk; settled whatever becomes of it. */
  private writing: Promise<{ readonly failure?: unknown }> | undefined;

  constructor(engine: Engine, archive: PartOwner) {
    this.engine = engine;
    this.archive = archive;
  }

  /**
   * Reads the rows as saving them would, and writes nothing: before the children of a job go ahead of it, as it could then
   * no longer be kept complete. @throws CANNOT_BE_SAVED
   */
  async rehearse(db: Kysely<unknown>, { table, ...those }: WantedRows): Promise<void> {
    const place = ARCHIVED.indexOf(table);
    const [stream, restorable] = [this.archive.tables[place], this.archive.restorable[place]];
    if (!stream || !restorable) return;
    const { largestRow } = this.archive;
    for await (const page of rowsAmong(this.engine, db, stream, those, { largestRow })) {
      await requireFaithful(this.engine, db, stream, page.rows);
      rehearseLines(restorable, page);
      for (const row of page.rows) await rehearseRow(this.engine, stream, restorable, row);
    }
  }

  /**
   * Ahead of the transaction that deletes them, where saving them in it would keep all other writers waiting.
   * @returns the copies that were saved: they tell whether the rows are still the same
   * @throws as {@link save}
   */
  async saveAhead(copies: RowCopies, db: Kysely<unknown>, wanted: readonly WantedRows[]): Promise<RowCopies> {
    // Copying reads them too.
    const largest = await this.requireSizes(db, wanted);
    await copies.take(wanted, largest);
    await this.saveFrom(db, wanted, (table) => copies.copyOf(table));
    return copies;
  }

  /** Before anything else reads the rows: none of them is too large for it. @returns the bytes of the largest @throws CANNOT_BE_SAVED */
  private async requireSizes(db: Kysely<unknown>, wanted: readonly WantedRows[]): Promise<number> {
    let largest = 0;
    for (const { table, ...those } of wanted) {
      const stream = this.archive.tables[ARCHIVED.indexOf(table)];
      if (!stream) continue;
      const bytes = await requireSizes(this.engine, db, stream, those, this.archive.largestRow);
      largest = Math.max(largest, bytes);
    }
    return largest;
  }

  save(db: Kysely<unknown>, wanted: readonly WantedRows[]): Promise<ReadonlyMap<ArchivedTable, number>> {
    return this.saveFrom(db, wanted);
  }

  /** @param copies the table that has just the rows that are wanted of a table */
  private async saveFrom(
    db: Kysely<unknown>,
    wanted: readonly WantedRows[],
    copies?: (table: ArchivedTable) => string,
  ): Promise<ReadonlyMap<ArchivedTable, number>> {
    const part = await this.openPart();
    // Found out when they are read: asking ahead would cost every batch, and few have them.
    const saved =
      (await this.saveIn(part, db, wanted, copies)) ??
      (await this.saveIn(await this.piecedPart(), db, wanted, copies));
    if (!saved) throw new Error('a part for large values takes none');
    const { writer } = await this.openPart();
    this.writing = writer.endBatch().then(
      () => ({}),
      (failure: unknown) => ({ failure }),
    );
    return saved;
  }

  /** @returns undefined where a row has large values and the part does not take them */
  private async saveIn(
    { writer }: Part,
    db: Kysely<unknown>,
    wanted: readonly WantedRows[],
    copies?: (table: ArchivedTable) => string,
  ): Promise<Map<ArchivedTable, number> | undefined> {
    const saved = new Map<ArchivedTable, number>();
    this.begun = true;
    for (const { jobs = [] } of wanted)
      for (const { company_id, at } of jobs) this.batch.addJob(company_id, at);
    for await (const page of readAhead(this.pages(db, wanted, copies))) {
      const { table, place, restorable, rows } = page;
      if (!writer.takesPieces && rows.some(isPieced)) return undefined;
      const count = await writePage(writer, restorable, place, page);
      saved.set(table, (saved.get(table) ?? 0) + count);
    }
    return saved;
  }

  private async *pages(
    db: Kysely<unknown>,
    wanted: readonly WantedRows[],
    copies?: (table: ArchivedTable) => string,
  ): AsyncGenerator<TablePage> {
    const { largestRow } = this.archive;
    for (const { table, ...those } of wanted) {
      const place = ARCHIVED.indexOf(table);
      const stream = this.archive.tables[place];
      const restorable = this.archive.restorable[place];
      if (!stream || !restorable || those.ids.length === 0) continue;
      // Else what somebody changes between its reading and its deletion would be in neither place.
      const from = { largestRow, copies: copies?.(table), locked: copies === undefined };
      for await (const page of rowsAmong(this.engine, db, stream, those, from)) {
        await requireFaithful(this.engine, db, stream, page.rows, from.copies);
        yield { ...page, table, place, restorable };
      }
    }
  }

  /** In place of the part at hand, which is complete without the batch. */
  private async piecedPart(): Promise<Part> {
    await this.takeBack();
    if (this.part?.writer.isEmpty) await this.abandon();
    else await this.finish();
    return this.openPart(true);
  }

  /** Nothing may commit that deletes what was saved until this is true. @throws FILE_FAILED */
  async onDisk(): Promise<void> {
    const written = await this.written();
    if ('failure' in written) throw written.failure;
  }

  /** What was saved is kept where it is. */
  async takeBack(): Promise<void> {
    if (!this.part || !this.begun) return;
    await this.written();
    this.endBatch();
    await this.part.writer.takeBack();
  }

  /** The transaction is committed. */
  async committed(): Promise<void> {
    if (!this.part || !this.begun) return;
    this.part.writer.keepBatch();
    this.part.summary.addAll(this.batch);
    this.endBatch();
    if (this.part.writer.size >= PART_BYTES) await this.finish();
  }

  /**
   * The transaction has failed: what was saved is still where it was, unless nobody can know.
   * @param atCommit whether all that was left to do was its commit
   */
  async failed(error: unknown, atCommit: boolean): Promise<void> {
    if (!this.begun) return;
    // A lock that was not got, and a deadlock, are rollbacks for certain, and are tried again.
    const passing = isMultiFlexiError(error, 'LOCK_TIMEOUT') || isMultiFlexiError(error, 'DEADLOCK');
    if (!isMultiFlexiError(error, 'CONNECTION_LOST') && (!atCommit || passing)) return this.takeBack();
    this.endBatch();
    await this.leave();
  }

  async finish(): Promise<void> {
    if (!this.part) return;
    // Where that fails it is still there to be left.
    await this.part.writer.finish(this.part.summary.toJson());
    this.part = undefined;
  }

  /** Leaves the part to be settled. */
  async leave(): Promise<void> {
    await this.written();
    await this.part?.writer.leave();
    this.part = undefined;
  }

  private async abandon(): Promise<void> {
    await this.part?.writer.abandon();
    this.part = undefined;
  }

  private async written() {
    return (await this.writing) ?? {};
  }

  private endBatch(): void {
    this.begun = false;
    this.writing = undefined;
    this.batch = new Summary();
  }

  private async openPart(pieced = false): Promise<Part> {
    if (this.part) return this.part;
    const path = await this.archive.path();
    let file = join(path, partName(this.archive.nextPart()));
    while (isTaken(file)) file = join(path, partName(this.archive.nextPart()));
    const writer = await RowStreamWriter.create(file, this.archive.header(pieced), {
      partial: partialName(file),
      key: this.archive.key,
    });
    this.part = { writer, summary: new Summary() };
    return this.part;
  }
}

/** @throws FILE_FAILED */
function isTaken(file: string): boolean {
  try {
    return presence(file) !== undefined || presence(partialName(file)) !== undefined;
  } catch (error) {
    throw fileFailure(file, error);
  }
}
