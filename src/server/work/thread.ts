/**
 * A thread that works on the database: on SQLite a statement keeps its thread from doing anything else, and the server must
 * go on answering meanwhile. It has one engine open at a time, for as long as somebody asks.
 */
import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { jsonText, type NextStepWriter } from '../../documents/index.ts';
import { type Access, type DatabaseSettings, type Engine, openEngine } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { nextWords } from '../../next-step.ts';
import { readSettings, type SettingsSource } from '../../settings/index.ts';
import {
  ConsentNeeded,
  consentText,
  noticeText,
  recordedAction,
  type TaskNotice,
  type TaskProgress,
} from '../../tasks/index.ts';
import type {
  Answer,
  CommandWords,
  Done,
  FromThread,
  OpenedDatabase,
  Order,
  ThreadData,
  ToldNotice,
  ToThread,
  Work,
  WorkContext,
  WorkFailure,
} from './contract.ts';
import { stopped } from './failures.ts';
import { workOf } from './index.ts';

/** How long an engine stays open without work, and at all: a file may appear. In milliseconds. */
const IDLE_MS = 10_000;
const LONGEST_MS = 60_000;

interface Opened {
  readonly engine: Engine;
  readonly settings: DatabaseSettings;
  readonly access: Access;
  readonly openedAt: number;
}

/** Begins to take orders; it never ends by itself. */
export function serveOrders(): void {
  const port = parentPort;
  if (!port) throw new Error('this is no thread');
  const { settings, words } = workerData as ThreadData;
  const tell = (message: FromThread) => port.postMessage(message);
  const running = new Map<number, AbortController>();
  const engines = new Engines(settings);
  port.on('message', (message: ToThread) => {
    if ('close' in message) {
      engines.closeWhenDone().finally(() => port.close());
      return;
    }
    if ('abort' in message) {
      running.get(message.abort)?.abort(stopped());
      return;
    }
    const { order } = message;
    const ending = new AbortController();
    running.set(order.id, ending);
    carryOut(order, engines, writerOf(words), ending.signal, tell)
      .then(
        (answer) => tell({ id: order.id, kind: 'done', answer }),
        (error: unknown) =>
          tell({ id: order.id, kind: 'failed', failure: failureOf(error, writerOf(words)) }),
      )
      .finally(() => running.delete(order.id));
  });
}

async function carryOut(
  order: Order,
  engines: Engines,
  write: NextStepWriter,
  signal: AbortSignal,
  tell: (message: FromThread) => void,
): Promise<Answer> {
  const work = await workOf(order.name);
  if (!work) throw new TypeError(`nobody knows how to do ${order.name}`);
  const settings = engines.settings();
  const told = {
    program: `console (${order.by})`,
    signal,
    onProgress: (progress: TaskProgress) => tell({ id: order.id, kind: 'progress', progress }),
    onNotice: (notice: TaskNotice) => {
      const text = wordsOf(notice);
      if (text !== null) tell({ id: order.id, kind: 'notice', notice: text });
    },
    settings,
    write,
    kept: order.kept,
  };
  let database: OpenedDatabase | null = null;
  const done = await (work.access === null
    ? work.do({ ...told, engine: NO_ENGINE }, order.input)
    : engines.using(work.access, (engine) => {
        database = { product: engine.product, where: engine.where };
        return doRecorded(work, { ...told, engine }, order, async () => {
          const used = await openEngine(readSettings(engines.settings()), 'change');
          database = { product: used.product, where: used.where };
          return used;
        });
      }));
  return {
    text: jsonText(done.document),
    kept: keptOf(done),
    ended: done.ended ?? 'done',
    database,
  };
}

function keptOf({ kept, rows }: Done): Answer['kept'] {
  if (kept) return { planned: kept, rows: kept.plan.tables.reduce((sum, table) => sum + table.rows, 0) };
  return rows === undefined ? null : { planned: null, rows };
}

/** @param openUsed opens the database that the settings name now */
function doRecorded(
  work: Work,
  context: WorkContext,
  { name, by, input, recorded }: Order,
  openUsed: () => Promise<Engine>,
): Promise<Done> {
  if (!recorded) return work.do(context, input);
  return recordedAction(context, {
    what: name.replace(/^\w+ /, ''),
    by,
    act: () => work.do(context, input),
    outcomeOf: (done) => done.ended ?? 'done',
    endsIn: work.changesDatabase ? openUsed : undefined,
  });
}

/** For what needs none: whoever asks it for anything has a fault. */
const NO_ENGINE = new Proxy({} as Engine, {
  get: () => {
    throw new TypeError('no database is opened for this');
  },
});

/** One engine at a time: whoever needs another access waits until the present one is not used. */
class Engines {
  private readonly source: ThreadData['settings'];
  private opened: Opened | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private closing: NodeJS.Timeout | undefined;

  constructor(source: ThreadData['settings']) {
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
      this.closing = setTimeout(() => this.closeNow(), IDLE_MS);
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
      Date.now() - opened.openedAt < LONGEST_MS &&
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

function writerOf({ program, commands }: CommandWords): NextStepWriter {
  const word: Parameters<typeof nextWords>[1] = (part) => {
    if ('input' in part) return `--${part.input}${part.value === undefined ? '' : ` ${part.value}`}`;
    return [program, commands[part.action], part.to, ...(part.inputs ?? []).map((input) => word?.(input))]
      .filter((piece) => piece !== undefined)
      .join(' ');
  };
  return (next) => nextWords(next, word);
}

/** @returns null for what the run's document or its confirmation tells anyway */
function wordsOf(notice: TaskNotice): ToldNotice | null {
  switch (notice.kind) {
    case 'confirmed':
      return { kind: notice.kind, text: `Confirmed: ${consentText(notice.consent)}` };
    case 'migration': {
      const { event, direction, version, name, step, steps, summary } = notice.progress;
      const way = direction === 'up' ? 'migrating' : 'reverting';
      return { kind: notice.kind, text: `${way} ${version} ${name}: ${step}/${steps} ${summary} (${event})` };
    }
    case 'losses-saved':
      return { kind: notice.kind, text: `Saved ${notice.rows} rows to ${notice.file}` };
    case 'bookkeeping-lost':
      return null;
    default:
      return { kind: notice.kind, text: noticeText(notice) };
  }
}

function failureOf(error: unknown, write: NextStepWriter): WorkFailure {
  if (!isMultiFlexiError(error)) {
    const message = `Unexpected error: ${error instanceof Error ? error.message : String(error)}`;
    const next = 'This is a bug. Please report it.';
    return { code: 'UNEXPECTED', message, next, needsConfirmation: [] };
  }
  const missing = error instanceof ConsentNeeded ? error.missing : [];
  return {
    ...error.report(write),
    needsConfirmation: missing.map((consent) => ({
      kind: consent.kind,
      confirmed_by: consent.confirmedBy,
      message: consentText(consent),
    })),
  };
}
