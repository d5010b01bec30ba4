/**
 * A second thread that sums beside this one. It only makes things faster: whatever it cannot do, for whatever reason, is done here.
 */
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { type Engine, type Snapshot, settingsOf } from '../../../engines/index.ts';
import type { RowStreamTable } from '../../row-stream/format.ts';
import { RowSum } from '../../row-stream/values.ts';
import type { KeyRange } from '../../rows/read-rows.ts';
import { atOnce, type Elsewhere, type RangeDigests, type Side } from '../portions.ts';
import type { Answer, Order } from './messages.ts';

/** From the sources the thread is a file of ours; bundled, it stands beside the chunks. */
const START = import.meta.url.endsWith('.ts')
  ? new URL('./start-thread.ts', import.meta.url)
  : new URL('./summing-thread.cjs', import.meta.url);

/** What V8 has for new values, twice. */
const SEMI_SPACE_MIB = 2;
/** Fewer are summed before a thread has started. */
const WORTH_ROWS = 100_000;
/** How often both begin anew, where somebody has written in between. */
const MOST_ATTEMPTS = 10;

export class SummingThread implements Elsewhere {
  private readonly worker: Worker;
  private readonly pending = new Map<number, (answer: Answer['answer']) => void>();
  private lastId = 0;
  private gone = false;

  /** @param rows about how many there are to be summed @returns undefined where it would not be worth it */
  static start(rows: number): SummingThread | undefined {
    return rows >= WORTH_ROWS && availableParallelism() > 1 ? new SummingThread() : undefined;
  }

  private constructor() {
    // A limit of the thread's own is not heeded where the program was started with one; its pages are garbage at once.
    setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MIB}`);
    // Flags of this process's start are for the program, not for its threads.
    this.worker = new Worker(START, { execArgv: [] });
    this.worker.on('message', ({ id, answer }: Answer) => {
      this.pending.get(id)?.(answer);
      this.pending.delete(id);
    });
    this.worker.on('error', () => this.end());
    this.worker.on('exit', () => this.end());
  }

  /** @returns whether it has a connection of its own to that database, instead of the one before */
  async open(engine: Engine): Promise<boolean> {
    const settings = settingsOf(engine);
    return settings !== undefined && (await this.ask({ do: 'open', settings })) === 'open';
  }

  /** @returns whether its session sees that moment from now on, or one of its own */
  async join(moment: string | null): Promise<boolean> {
    return (await this.ask({ do: 'join', moment })) === 'joined';
  }

  async sum(table: RowStreamTable, range: KeyRange): Promise<RowSum | null> {
    const parts = await this.ask({ do: 'sum', table, range });
    return typeof parts === 'object' && parts !== null && 'lanes' in parts ? RowSum.of(parts) : null;
  }

  async digests(
    table: RowStreamTable,
    range: KeyRange,
    known: RowSum | undefined,
  ): Promise<RangeDigests | null> {
    const answer = await this.ask({ do: 'digests', table, range, known: known?.parts ?? null });
    if (typeof answer !== 'object' || answer === null || !('sum' in answer)) return null;
    return { sum: RowSum.of(answer.sum), rows: answer.rows };
  }

  async close(): Promise<void> {
    this.end();
    await this.worker.terminate();
  }

  private ask(order: OrderWithoutId): Promise<Answer['answer']> {
    const id = ++this.lastId;
    const answer = this.answerTo(id);
    if (!this.gone) this.worker.postMessage({ ...order, id });
    return answer;
  }

  private answerTo(id: number): Promise<Answer['answer']> {
    if (this.gone) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.pending.set(id, resolve);
    });
  }

  private end(): void {
    this.gone = true;
    for (const resolve of this.pending.values()) resolve(null);
    this.pending.clear();
  }
}

type OrderWithoutId = Order extends infer One ? (One extends Order ? Omit<One, 'id'> : never) : never;

/**
 * For the sums of some databases, one after the other. A thread takes forty megabytes, which are not given back: there is none where
 * servers take the digests themselves, nor where a file was loaded, which has taken as much.
 * @param read one after the other, the last one was loaded
 * @param rows about how many there are to be summed
 */
export async function withSummingThread<T>(
  read: readonly [...Engine[], Engine],
  rows: number,
  work: (thread: SummingThread | undefined) => Promise<T>,
): Promise<T> {
  const isFile = read.at(-1)?.capabilities.statementsBlock;
  const gains = !isFile && read.some((engine) => !takesDigests(engine));
  const thread = gains ? SummingThread.start(rows) : undefined;
  try {
    return await work(thread);
  } finally {
    await thread?.close();
  }
}

/** Whether the database takes the digests of most rows itself: a thread of ours gains nothing there. */
export function takesDigests({ rowLines }: Engine): boolean {
  return rowLines?.digests != null;
}

/** The same session, whose sums the thread computes. */
export function withThread(side: Side, thread: SummingThread): Side {
  return { ...side, elsewhere: thread };
}

/**
 * Sides that all see one moment: sessions of this thread, and that of another one where it can see the same.
 * @param rows about how many there are to be summed
 */
export async function inSharedMoment<T>(
  engine: Engine,
  { readers, rows }: { readonly readers: number; readonly rows: number },
  work: (sides: readonly [Side, ...Side[]]) => Promise<T>,
): Promise<T> {
  const thread = SummingThread.start(rows);
  try {
    const isOpen = await thread?.open(engine);
    for (let attempt = 1; ; attempt++) {
      const snapshot = await engine.snapshot(readers);
      try {
        const sides = sidesOf(engine, snapshot);
        const { moment } = snapshot;
        const hasJoined = thread && isOpen && moment !== null && (await thread.join(moment));
        const isShared = hasJoined && (await snapshot.isShared());
        if (hasJoined && !isShared && attempt < MOST_ATTEMPTS) continue;
        return await work(isShared ? [...sides, withThread(sides[0], thread)] : sides);
      } finally {
        await snapshot.close();
      }
    }
  } finally {
    await thread?.close();
  }
}

/**
 * The same for a database to which nobody writes: each session has a moment of its own, and they do not differ.
 * @param thread helps; it has this database from now on
 */
export async function whileNobodyWrites<T>(
  engine: Engine,
  { readers, thread }: { readonly readers: number; readonly thread: SummingThread | undefined },
  work: (sides: readonly [Side, ...Side[]]) => Promise<T>,
): Promise<T> {
  const helps = thread && (await thread.open(engine)) && (await thread.join(null));
  // The thread is a reader too.
  return atOnce(engine, helps ? readers - 1 : readers, ([first, ...others]) =>
    work([first, ...others, ...(helps ? [withThread(first, thread)] : [])]),
  );
}

function sidesOf(engine: Engine, { readers: [first, ...others] }: Snapshot): [Side, ...Side[]] {
  return [{ engine, db: first }, ...others.map((db) => ({ engine, db }))];
}
