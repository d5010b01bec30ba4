/** The engine of a thread that works on the database: one at a time, open for as long as somebody asks. */
import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type Access, type DatabaseSettings, type Engine, openEngine } from '../../engines/index.ts';
import { readSettings, type SettingsSource } from '../../settings/index.ts';

/** How long an engine stays open without work, and at all. In milliseconds. */
interface Patience {
  readonly idleMs: number;
  readonly longestMs: number;
}

/** A file may appear, or be replaced. */
const OF_FILES: Patience = { idleMs: 10_000, longestMs: 60_000 };
/**
 * A page that is open asks every half a minute: its connection is kept until then, as a new one is a greeting, a login, the
 * session's set-up, and a server process that knows nothing of the catalogue yet.
 */
const OF_SERVERS: Patience = { idleMs: 40_000, longestMs: 10 * 60_000 };

interface Opened {
  readonly engine: Engine;
  readonly settings: DatabaseSettings;
  readonly access: Access;
  readonly openedAt: number;
}

/** One engine at a time: whoever needs another access waits until the present one is not used. */
export class Engines {
  private readonly source: SettingsSource;
  private opened: Opened | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private closing: NodeJS.Timeout | undefined;

  constructor(source: SettingsSource) {
    this.source = source;
  }

  /** What is in the files now. */
  settings(): SettingsSource {
    return { ...this.source, texts: new Map() };
  }

  async using<T>(access: Access, work: (engine: Engine) => Promise<T>): Promise<T> {
    const before = this.turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.turn = promise;
    await before;
    try {
      clearTimeout(this.closing);
      const { engine } = await this.open(access);
      const result = await work(engine);
      // A file that is not there is taken for an empty database; it may be there the next time.
      if (!engine.localFiles.every((file) => existsSync(file))) await this.closeNow();
      this.closing = setTimeout(() => this.closeNow(), patienceWith(engine).idleMs);
      return result;
    } catch (error) {
      // What has failed once, as by a server that was restarted, is begun anew.
      await this.closeNow();
      throw error;
    } finally {
      resolve();
    }
  }

  /** A server is told that nobody will ask any more. */
  async closeWhenDone(): Promise<void> {
    await this.turn;
    clearTimeout(this.closing);
    await this.closeNow();
  }

  private async open(access: Access): Promise<Opened> {
    const { opened } = this;
    // Whoever changes the platform's database changes this one.
    const settings = readSettings(this.settings());
    const isGood =
      opened?.access === access &&
      Date.now() - opened.openedAt < patienceWith(opened.engine).longestMs &&
      isDeepStrictEqual(opened.settings, settings);
    if (opened && isGood) return opened;
    await this.closeNow();
    const engine = await openEngine(settings, access);
    this.opened = { engine, settings, access, openedAt: Date.now() };
    return this.opened;
  }

  private async closeNow(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await opened?.engine.close().catch(() => {});
  }
}

function patienceWith({ localFiles }: Engine): Patience {
  return localFiles.length > 0 ? OF_FILES : OF_SERVERS;
}
