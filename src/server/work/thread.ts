/**
 * A thread that works on the database: on SQLite a statement keeps its thread from doing anything else, and the server must
 * go on answering meanwhile. It has one engine open at a time, for as long as somebody asks.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { jsonText, type NextStepWriter } from '../../documents/index.ts';
import { type Engine, openEngine } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import { nextWords } from '../../next-step.ts';
import { readSettings } from '../../settings/index.ts';
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
import { Engines } from './engines.ts';
import { stopped } from './failures.ts';
import { workOf } from './index.ts';

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
