/** The archive of one run of a purge, from the settling of what earlier runs left to its catalogue. */
import { statSync } from 'node:fs';
import type { Engine } from '../../engines/index.ts';
import { MultiFlexiError } from '../../errors.ts';
import { fileFailure } from '../../file-failure.ts';
import { makePrivateDirectory, syncDirectory } from '../../private-directory.ts';
import { PROGRAM_VERSION } from '../../program-version.ts';
import {
  FORMAT,
  FORMAT_VERSION,
  type Passphrase,
  type RowStreamHeader,
  type RowStreamTable,
  requireSavable,
  type StreamKey,
  streamTableOf,
} from '../../transfer/index.ts';
import { type ArchiveCatalogue, writeCatalogue } from './catalogue.ts';
import { type ArchivePlace, newArchive } from './directory.ts';
import { ARCHIVED, Keeper } from './keeper.ts';
import { settleArchives } from './settle.ts';

export const ARCHIVE = 'archive';

export interface ArchiveTarget {
  readonly directory: string;
  readonly passphrase?: Passphrase | undefined;
}

export class ArchiveRun {
  /** In the order of {@link ARCHIVED}. */
  readonly tables: readonly RowStreamTable[];
  readonly key: StreamKey | undefined;
  private readonly engine: Engine;
  private readonly target: ArchiveTarget;
  private readonly command: string;
  private readonly place: ArchivePlace;
  private readonly keepers: Keeper[] = [];
  private parts = 0;
  private made = false;

  private constructor(
    engine: Engine,
    target: ArchiveTarget,
    command: string,
    tables: readonly RowStreamTable[],
    key: StreamKey | undefined,
  ) {
    this.engine = engine;
    this.target = target;
    this.command = command;
    this.tables = tables;
    this.key = key;
    this.place = newArchive(target.directory, engine.where, new Date());
  }

  /**
   * Under the lock of purges: nobody else writes to this database's archives.
   * @throws FILE_FAILED, CANNOT_BE_SAVED; what settling throws
   */
  static async open(engine: Engine, target: ArchiveTarget, command: string): Promise<ArchiveRun> {
    requireDirectory(target.directory);
    const catalog = await engine.introspect();
    const tables = ARCHIVED.map((name) => {
      const found = catalog.find((table) => table.name === name);
      if (!found)
        throw new MultiFlexiError('NOT_MIGRATED', `There is no table ${name}.`, {
          next: 'Run multiflexi-cli db:migrate.',
        });
      const table = streamTableOf(found);
      requireSavable(table);
      return table;
    });
    await settleArchives(engine, target);
    return new ArchiveRun(engine, target, command, tables, await target.passphrase?.fresh());
  }

  /** One for each hand. */
  keeper(): Keeper {
    const keeper = new Keeper(this.engine, this);
    this.keepers.push(keeper);
    return keeper;
  }

  get name(): string {
    return this.place.name;
  }

  /** Its directory, made when the first rows are saved. @throws FILE_FAILED */
  async path(): Promise<string> {
    if (this.made) return this.place.path;
    try {
      makePrivateDirectory(this.place.path);
      await syncDirectory(this.target.directory);
    } catch (error) {
      throw fileFailure(this.place.path, error);
    }
    this.made = true;
    return this.place.path;
  }

  nextPart(): number {
    this.parts++;
    return this.parts;
  }

  header(): RowStreamHeader {
    const { engine, command, tables } = this;
    return {
      part: 'header',
      format: FORMAT,
      version: FORMAT_VERSION,
      purpose: ARCHIVE,
      created: new Date().toISOString(),
      program: PROGRAM_VERSION,
      source: { product: engine.product, where: engine.where },
      tables: [...tables],
      details: { command },
    };
  }

  /** Leaves what is open as it is, and settles it: after a connection was lost. */
  async settle(): Promise<void> {
    await this.leave();
    await settleArchives(this.engine, this.target, this.place.name);
  }

  async leave(): Promise<void> {
    for (const keeper of this.keepers) await keeper.leave();
  }

  /** @returns undefined when nothing was archived */
  async finish(): Promise<ArchiveCatalogue | undefined> {
    for (const keeper of this.keepers) await keeper.finish();
    return this.made ? writeCatalogue(this.engine, this.place) : undefined;
  }
}

/** @throws FILE_FAILED where it can be no directory for files, before anything is deleted */
function requireDirectory(directory: string): void {
  try {
    makePrivateDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is no directory');
  } catch (error) {
    throw fileFailure(directory, error);
  }
}
