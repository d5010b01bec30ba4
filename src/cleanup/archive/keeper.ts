/**
 * Saves rows to an archive before they are deleted. The batch of a transaction is on the disk before the transaction
 * deletes anything, and is taken back when the transaction is: a row is always in one place at least, and in two only
 * between those moments, which settling clears up.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { RowStreamWriter, requireFaithful } from '../../transfer/index.ts';
import { partialName, partName } from './directory.ts';
import { rowsAmong, type Wanted } from './rows.ts';
import type { ArchiveRun } from './run.ts';
import { Summary } from './summary.ts';

/** A part that is larger is ended, so that none takes long to check or to copy. */
const PART_BYTES = 64 * 1024 * 1024;

export type ArchivedTable = 'job' | 'artifacts' | 'logger';

/** The places of the tables in every part. */
export const ARCHIVED: readonly ArchivedTable[] = ['job', 'artifacts', 'logger'];

export interface WantedRows extends Wanted {
  readonly table: ArchivedTable;
  /** Of jobs: whose they are, and when they were created. */
  readonly jobs?: readonly { readonly company_id: bigint; readonly at: string }[];
}

/** Each hand of a purge has one: its batches follow each other, so that only the last one can be in doubt. */
export class Keeper {
  private readonly engine: Engine;
  private readonly run: ArchiveRun;
  private part: { readonly writer: RowStreamWriter; readonly summary: Summary } | undefined;
  private batch = new Summary();
  private begun = false;

  constructor(engine: Engine, run: ArchiveRun) {
    this.engine = engine;
    this.run = run;
  }

  /**
   * Within the transaction that deletes them afterwards; or ahead of it, which is then to ask whether they are the same.
   * @throws FILE_FAILED, CANNOT_BE_SAVED
   */
  async save(db: Kysely<unknown>, wanted: readonly WantedRows[]): Promise<void> {
    const { writer } = await this.openPart();
    this.begun = true;
    for (const { table, jobs = [], ...those } of wanted) {
      const place = ARCHIVED.indexOf(table);
      const stream = this.run.tables[place];
      if (!stream || those.ids.length === 0) continue;
      for (const { company_id, at } of jobs) this.batch.addJob(company_id, at);
      for await (const { lines, rows } of rowsAmong(this.engine, db, stream, those)) {
        await writer.writeLines(place, lines);
        await requireFaithful(this.engine, db, stream, rows);
        await writer.write(place, rows);
      }
    }
    await writer.endBatch();
  }

  /** What was saved stays where it is. */
  async takeBack(): Promise<void> {
    if (!this.part || !this.begun) return;
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
    await this.part?.writer.leave();
    this.part = undefined;
  }

  private endBatch(): void {
    this.begun = false;
    this.batch = new Summary();
  }

  private async openPart() {
    if (this.part) return this.part;
    const path = await this.run.path();
    let number = this.run.nextPart();
    while (existsSync(join(path, partName(number))) || existsSync(join(path, partialName(partName(number)))))
      number = this.run.nextPart();
    const file = join(path, partName(number));
    const writer = await RowStreamWriter.create(file, this.run.header(), {
      partial: partialName(file),
      key: this.run.key,
    });
    this.part = { writer, summary: new Summary() };
    return this.part;
  }
}
