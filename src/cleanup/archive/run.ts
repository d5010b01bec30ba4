/** The archive of one run of a purge, from the finishing of what earlier runs left to its catalogue. */
import { statSync } from 'node:fs';
import type { Engine } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import type { Fence } from '../../leases/index.ts';
import { type Installation, readInstallation } from '../../schema/index.ts';
import { fileFailure, makePrivateDirectory, PROGRAM_VERSION, syncDirectory } from '../../system/index.ts';
import {
  FORMAT,
  FORMAT_VERSION,
  PIECED_VERSION,
  Restorable,
  type RowStreamHeader,
  type RowStreamTable,
  requireSavable,
  type StreamKey,
  sourceOf,
  streamTableOf,
  writableTables,
} from '../../transfer/index.ts';
import { type ArchiveCatalogue, writeCatalogue } from './catalogue.ts';
import { type ArchivePlace, makeArchive, ownerOf } from './directory.ts';
import { tableNotMigrated } from './failures.ts';
import { type DirectoryLock, holdDirectory } from './lock.ts';
import { type PartOwner, PartWriter } from './part-writer.ts';
import { settleArchives } from './settle.ts';
import { ARCHIVED } from './tables.ts';
import type { ArchiveTarget } from './target.ts';

export const ARCHIVE = 'archive';

/** How long another run with archives of the same installation there is waited for. */
export interface ArchiveWait {
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Held while the database is asked what of an archive counts. */
  readonly fence?: Fence | undefined;
}

interface Parts {
  readonly tables: readonly RowStreamTable[];
  readonly key: StreamKey | undefined;
  readonly installation: Installation;
}

export class ArchiveRun implements PartOwner {
  /** In the order of {@link ARCHIVED}. */
  readonly tables: readonly RowStreamTable[];
  /** In the same order. */
  readonly restorable: readonly Restorable[];
  readonly key: StreamKey | undefined;
  private readonly engine: Engine;
  private readonly target: ArchiveTarget;
  private readonly command: string;
  private wait: ArchiveWait;
  private readonly installation: Installation;
  private readonly partWriters: PartWriter[] = [];
  private lock: DirectoryLock | undefined;
  private parts = 0;
  private place: Promise<ArchivePlace> | undefined;
  private made: ArchivePlace | undefined;

  private constructor(
    engine: Engine,
    target: ArchiveTarget,
    command: string,
    wait: ArchiveWait,
    { tables, key, installation }: Parts,
  ) {
    this.engine = engine;
    this.target = target;
    this.command = command;
    this.wait = wait;
    this.tables = tables;
    this.restorable = tables.map((table) => new Restorable(engine, table));
    this.key = key;
    this.installation = installation;
  }

  /**
   * Holds the archives of this installation there until {@link release} or {@link finish}: nobody else writes to them.
   * @throws FILE_FAILED, CANNOT_BE_SAVED, LOCKED; NOT_MIGRATED for a database without an installation id
   */
  static async open(
    engine: Engine,
    target: ArchiveTarget,
    command: string,
    wait: ArchiveWait = {},
  ): Promise<ArchiveRun> {
    requireDirectory(target.directory);
    const installation = await readInstallation(engine);
    const catalog = await writableTables(engine);
    const tables = ARCHIVED.map((name) => {
      const found = catalog.get(name);
      if (!found) throw tableNotMigrated(name);
      const table = streamTableOf(found);
      requireSavable(table);
      return table;
    });
    const key = await target.passphrase?.fresh();
    const run = new ArchiveRun(engine, target, command, wait, { tables, key, installation });
    try {
      await run.settleOthers();
      return run;
    } catch (error) {
      run.release();
      throw error;
    }
  }

  /** One for each worker. */
  partWriter(): PartWriter {
    const partWriter = new PartWriter(this.engine, this);
    this.partWriters.push(partWriter);
    return partWriter;
  }

  get largestRow(): number {
    return this.target.largestRow ?? this.engine.largeValues.largestRow;
  }

  /** Once rows have been saved. */
  get name(): string {
    return this.made?.name ?? '';
  }

  /** Its directory, made when the first rows are saved. @throws FILE_FAILED */
  async path(): Promise<string> {
    this.place ??= this.make();
    const place = await this.place.catch((error: unknown) => {
      this.place = undefined;
      throw error;
    });
    return place.path;
  }

  nextPart(): number {
    this.parts++;
    return this.parts;
  }

  header(pieced: boolean): RowStreamHeader {
    const { engine, command, tables, installation } = this;
    return {
      part: 'header',
      format: FORMAT,
      version: pieced ? PIECED_VERSION : FORMAT_VERSION,
      purpose: ARCHIVE,
      created: new Date().toISOString(),
      program: PROGRAM_VERSION,
      source: sourceOf(engine, installation),
      tables: [...tables],
      details: { command },
    };
  }

  /** Leaves what is open as it is, and settles it: after a connection was lost, and under the fence of the new one. */
  async settle(fence?: Fence): Promise<void> {
    this.wait = { ...this.wait, fence };
    await this.leave();
    await this.settleOthers(this.made?.name);
  }

  async leave(): Promise<void> {
    for (const partWriter of this.partWriters) await partWriter.leave();
  }

  /** After a failure: what it has is complete, with a catalogue, where the database can still be asked. */
  async conclude(): Promise<void> {
    try {
      await this.leave();
      await this.settleOthers();
    } finally {
      this.release();
    }
  }

  /** Lets others write to the archives; {@link settle} takes them again. */
  release(): void {
    this.lock?.release();
    this.lock = undefined;
  }

  /** @returns undefined when nothing was archived */
  async finish(): Promise<ArchiveCatalogue | undefined> {
    for (const partWriter of this.partWriters) await partWriter.finish();
    const catalogue = this.made && (await writeCatalogue(this.engine, this.made));
    this.release();
    return catalogue;
  }

  private async make(): Promise<ArchivePlace> {
    const { directory } = this.target;
    this.made ??= makeArchive(directory, ownerOf(this.installation.id), new Date());
    try {
      await syncDirectory(directory);
    } catch (error) {
      throw fileFailure(directory, error, 'write', 'directory');
    }
    return this.made;
  }

  /** @param running the archive of this run, which gets no catalogue yet */
  private async settleOthers(running?: string): Promise<void> {
    const { engine, target, installation, wait, command } = this;
    if (!this.lock) {
      const { waitMs = 0, signal } = wait;
      this.lock = await holdDirectory(target.directory, ownerOf(installation.id), {
        program: command,
        waitMs,
        signal,
      });
      if (this.lock.seenHereOnly !== null)
        target.onNotice?.(
          `Other hosts do not see locks in ${target.directory} (${this.lock.seenHereOnly}). Archive this installation there from this host only.`,
        );
    }
    const { signal, fence } = wait;
    await settleArchives(engine, target, { installation, lock: this.lock, running, signal, fence });
  }
}

/**
 * Finishes what interrupted runs of this installation left there, and keeps others from writing while the work is done.
 * Where nothing can be written, as on a read-only disk, nothing is finished, and the work is done all the same.
 * @throws LOCKED
 */
export async function settleBeforeRestore<T>(
  engine: Engine,
  target: ArchiveTarget,
  { program, waitMs, signal, fence }: ArchiveWait & { readonly program: string },
  work: () => Promise<T>,
): Promise<T> {
  const installation = await readInstallation(engine);
  const request = { program, waitMs: waitMs ?? 0, signal };
  const lock = await holdDirectory(target.directory, ownerOf(installation.id), request).catch(
    (error: unknown) => {
      if (!isMultiFlexiError(error, 'FILE_FAILED')) throw error;
      return undefined;
    },
  );
  try {
    if (lock) await settleArchives(engine, target, { installation, lock, signal, fence });
    return await work();
  } finally {
    lock?.release();
  }
}

/** @throws FILE_FAILED where it can be no directory for files, before anything is deleted */
function requireDirectory(directory: string): void {
  try {
    makePrivateDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
  } catch (error) {
    throw fileFailure(directory, error, 'write', 'directory');
  }
}
