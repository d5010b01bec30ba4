/** One thread with one connection, and the orders that it has been given. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { TaskProgress } from '../../tasks/index.ts';
import type {
  Answer,
  FromThread,
  OpenedDatabase,
  Order,
  ThreadData,
  ToldNotice,
  ToThread,
  WorkFailure,
} from './contract.ts';

/** From the sources the thread is a file of ours; bundled, it stands beside the chunks. */
const START = import.meta.url.endsWith('.ts')
  ? new URL('./start-thread.ts', import.meta.url)
  : new URL('./console-thread.cjs', import.meta.url);

/** How long a thread that was told to end what it does may take, before it is ended itself. In milliseconds. */
const GRACE_MS = 3_000;
/** In which a thread closes its connection. */
const LAST_WORD_MS = 1_000;

export type Outcome =
  | { readonly kind: 'done'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly failure: WorkFailure };

export interface Listening {
  onProgress?(progress: TaskProgress): void;
  onNotice?(notice: ToldNotice): void;
}

interface Pending extends Listening {
  readonly settle: (outcome: Outcome) => void;
}

export class Lane {
  private readonly data: ThreadData;
  private readonly pending = new Map<number, Pending>();
  private worker: Worker | undefined;
  private lastId = 0;
  /** The one that it worked on last; null before it has answered. */
  database: OpenedDatabase | null = null;
  private retiring: NodeJS.Timeout | undefined;
  private readonly restMs: number | undefined;

  /** @param restMs how long its thread may be without work; undefined for as long as it is not closed */
  constructor(data: ThreadData, restMs?: number) {
    this.data = data;
    this.restMs = restMs;
  }

  get busy(): boolean {
    return this.pending.size > 0;
  }

  /**
   * Never rejects. What takes longer than `timeoutMs` is answered as a failure, and ended.
   * @param timeoutMs 0 for no end of its own
   */
  async ask(
    order: Omit<Order, 'id'>,
    timeoutMs: number,
    signal?: AbortSignal,
    listening: Listening = {},
  ): Promise<Outcome> {
    const id = ++this.lastId;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    clearTimeout(this.retiring);
    this.pending.set(id, { ...bound(listening), settle: resolve });
    this.post({ order: { ...order, id } });
    const onAbort = () => this.post({ abort: id });
    signal?.addEventListener('abort', onAbort, { once: true });
    const late = timeoutMs === 0 ? undefined : setTimeout(() => this.giveUp(id, timeoutMs), timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      signal?.removeEventListener('abort', onAbort);
      this.pending.delete(id);
      if (!this.busy) this.retireLater();
    }
  }

  /** Ends the thread; what it was at, and does not come to its end soon, is as after a kill: whole or not there. */
  async close(): Promise<void> {
    const { worker } = this;
    // Who asks from now on is served by a new one.
    this.worker = undefined;
    clearTimeout(this.retiring);
    if (!worker) return;
    const gone = once(worker, 'exit');
    worker.postMessage({ close: true } satisfies ToThread);
    const late = setTimeout(() => worker.terminate(), LAST_WORD_MS);
    await gone;
    clearTimeout(late);
  }

  /** A thread takes as much memory as the server itself: one without work is ended. */
  private retireLater(): void {
    clearTimeout(this.retiring);
    if (this.restMs === undefined) return;
    this.retiring = setTimeout(() => {
      if (!this.busy) this.close();
    }, this.restMs).unref();
  }

  private giveUp(id: number, timeoutMs: number): void {
    this.pending
      .get(id)
      ?.settle(failed('TIMED_OUT', `The database did not answer within ${timeoutMs / 1_000} s.`));
    this.post({ abort: id });
    const { worker } = this;
    // A statement that cannot be ended keeps its thread: others are served by a new one.
    const ended = (message: FromThread) => {
      if (message.id === id && (message.kind === 'done' || message.kind === 'failed')) over();
    };
    const timer = setTimeout(() => {
      over();
      if (this.worker !== worker) return;
      this.worker = undefined;
      worker?.terminate();
      this.failAll('The thread that asked the database did not answer any more, and was ended.');
    }, GRACE_MS).unref();
    const over = () => {
      clearTimeout(timer);
      worker?.off('message', ended);
    };
    worker?.on('message', ended);
  }

  private post(message: ToThread): void {
    this.worker ??= this.start();
    this.worker.postMessage(message);
  }

  private start(): Worker {
    const worker = new Worker(START, {
      workerData: this.data,
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    worker.on('message', (message: FromThread) => {
      const one = this.pending.get(message.id);
      if (message.kind === 'progress') one?.onProgress?.(message.progress);
      else if (message.kind === 'notice') one?.onNotice?.(message.notice);
      else {
        if (message.kind === 'done') this.database = message.answer.database ?? this.database;
        one?.settle(message);
      }
    });
    worker.on('error', (error) => this.gone(worker, error.message));
    worker.on('exit', () => this.gone(worker, 'it has ended'));
    worker.unref();
    return worker;
  }

  private gone(worker: Worker, why: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.failAll(`The thread that works on the database has failed: ${why}.`);
  }

  private failAll(message: string): void {
    for (const { settle } of this.pending.values()) settle(failed('THREAD_ENDED', message));
  }
}

function bound({ onProgress, onNotice }: Listening): Listening {
  return {
    ...(onProgress && { onProgress: (progress) => onProgress(progress) }),
    ...(onNotice && { onNotice: (notice) => onNotice(notice) }),
  };
}

function failed(code: string, message: string): Outcome {
  const next = 'Try again in a moment.';
  return { kind: 'failed', failure: { code, message, next, needsConfirmation: [] } };
}
